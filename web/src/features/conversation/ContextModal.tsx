import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { Participant, ParticipantUsage, SeenSummary, SessionView } from '@/contracts/protocol'
import { formatCount, formatShare } from '@/lib/format'
import { Button } from '@/ui/Button'
import { Callout } from '@/ui/Callout'
import { Modal } from '@/ui/Modal'

import { ContextMeter } from './ContextMeter'
import { SummaryModal } from './SummaryModal'
import { UnseenList } from './UnseenList'

interface ContextModalProps {
  readonly session: SessionView
  readonly participant: Participant
  readonly usage: ParticipantUsage
  readonly onShow: (messageId: string) => void
  readonly onClose: () => void
}

/** How full a member's window is, and what it no longer sees. */
export function ContextModal({ session, participant, usage, onShow, onClose }: ContextModalProps) {
  const { t } = useTranslation()
  const { name, model_id } = participant
  const pinned = usage.unseen_pinned?.length ?? 0
  const leftOut = usage.left_out ?? 0
  return (
    <Modal title={t('context.of', { name })} description={model_id} onClose={onClose}>
      <ContextMeter name={name} usage={usage} />
      <Numbers usage={usage} />
      {pinned > 0 ? (
        <div className="mt-4">
          <Callout tone="warn">{t('context.pinnedUnseen', { count: pinned })}</Callout>
        </div>
      ) : null}
      <section className="mt-5 border-t border-line pt-4">
        <h3 className="text-sm font-semibold">{t('context.unseenTitle')}</h3>
        {leftOut > 0 ? (
          <>
            <p className="mt-1 text-[0.8125rem] text-muted">{t('context.unseenText', { name, count: leftOut })}</p>
            {usage.summary ? <SummaryLine session={session} name={name} summary={usage.summary} /> : null}
            <UnseenList session={session} unseen={usage.unseen ?? []} leftOut={leftOut} onShow={onShow} />
          </>
        ) : (
          <div className="mt-2">
            <Callout tone="info">{t('context.seesAll', { name })}</Callout>
          </div>
        )}
      </section>
    </Modal>
  )
}

interface SummaryLineProps {
  readonly session: SessionView
  readonly name: string
  readonly summary: SeenSummary
}

function SummaryLine({ session, name, summary }: SummaryLineProps) {
  const { t } = useTranslation()
  const [reading, setReading] = useState(false)
  return (
    <div className="mt-3">
      <Callout
        tone="info"
        action={
          <Button small onClick={() => setReading(true)}>
            {t('summary.read')}
          </Button>
        }
      >
        {t('context.summary', { name, count: summary.entries })}
      </Callout>
      {reading ? <SummaryModal session={session} summaryId={summary.id} onClose={() => setReading(false)} /> : null}
    </div>
  )
}

function Numbers({ usage }: { readonly usage: ParticipantUsage }) {
  const { t, i18n } = useTranslation()
  const count = (value: number) => formatCount(value, i18n.language)
  const summarised = usage.summarised ?? 0
  const rows = [
    [t('context.used'), count(usage.used)],
    [t('context.maximum'), count(usage.maximum)],
    [t('context.reserve'), count(usage.reserve)],
    ...(summarised > 0 ? [[t('context.summarised'), formatShare(summarised, i18n.language)]] : []),
  ]
  return (
    <dl className="mt-3 flex flex-wrap gap-x-8 gap-y-2">
      {rows.map(([label, value]) => (
        <div key={label}>
          <dt className="text-xs text-muted">{label}</dt>
          <dd className="text-[0.9375rem] font-semibold tabular-nums">{value}</dd>
        </div>
      ))}
    </dl>
  )
}
