import { ScrollText, UserPlus } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { SessionView } from '@/contracts/protocol'
import { MAX_PARTICIPANTS } from '@/contracts/rest'
import { formatCount } from '@/lib/format'
import { useContextUsage, useMembers, useSummaryChanges } from '@/realtime/hooks'
import { Button } from '@/ui/Button'

import { MemberCard } from './MemberCard'
import { SummaryModal } from './SummaryModal'

interface MembersPanelProps {
  readonly session: SessionView
  readonly onAddMembers: () => void
  readonly onOpenKeys: () => void
  readonly onShow: (messageId: string) => void
  /** Without a heading of its own, inside a dialog that has one. */
  readonly bare?: boolean
}

export function MembersPanel({ session, onAddMembers, onOpenKeys, onShow, bare }: MembersPanelProps) {
  const { t, i18n } = useTranslation()
  const members = useMembers(session.id)
  const usage = useContextUsage(session.id)
  const [reading, setReading] = useState(false)
  const heardOf = useSummaryChanges(session.id) > 0
  const summarised = heardOf || usage?.participants.some(({ summary }) => summary)
  return (
    <div className="flex flex-col gap-3 p-5">
      {bare ? null : <h2 className="text-[0.8125rem] font-semibold text-muted">{t('members.title')}</h2>}
      <ul className="flex flex-col gap-2.5">
        {members.map(({ participant, status, error }) => (
          <MemberCard
            key={participant.id}
            session={session}
            participant={participant}
            status={status}
            error={error}
            usage={usage?.participants.find(({ id }) => id === participant.id)}
            onOpenKeys={onOpenKeys}
            onShow={onShow}
          />
        ))}
      </ul>
      {members.length < MAX_PARTICIPANTS ? (
        <Button icon={<UserPlus size={16} />} onClick={onAddMembers}>
          {t('members.add')}
        </Button>
      ) : null}
      {usage ? (
        <section className="mt-3 border-t border-line pt-4">
          <h3 className="text-[0.8125rem] font-semibold text-muted">{t('context.shared')}</h3>
          <p className="mt-1.5 text-[1.375rem] font-semibold tracking-tight tabular-nums">
            {formatCount(usage.session.tokens, i18n.language)}{' '}
            <span className="text-sm font-normal tracking-normal text-muted">{t('context.tokens')}</span>
          </p>
          <p className="mt-0.5 text-[0.8125rem] text-muted">
            {t('context.counted', { count: usage.session.messages, tokenizer: usage.session.tokenizer })}
          </p>
          {summarised ? (
            <Button small className="mt-3" icon={<ScrollText size={15} />} onClick={() => setReading(true)}>
              {t('summary.title')}
            </Button>
          ) : null}
        </section>
      ) : null}
      {reading ? <SummaryModal session={session} summaryId={null} onClose={() => setReading(false)} /> : null}
    </div>
  )
}
