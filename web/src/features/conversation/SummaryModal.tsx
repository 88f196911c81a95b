import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { SessionView } from '@/contracts/protocol'
import { useSummaries } from '@/lib/api/summaries'
import { useSummaryChanges } from '@/realtime/hooks'
import { Button } from '@/ui/Button'
import { Callout } from '@/ui/Callout'
import { SelectField } from '@/ui/Field'
import { Modal } from '@/ui/Modal'
import { useFailureText } from '@/ui/useFailureText'

import { SummaryText } from './SummaryText'
import { useSummaryFacts } from './useSummaryFacts'

interface SummaryModalProps {
  readonly session: SessionView
  /** The version that is shown first; the newest if it is not there. */
  readonly summaryId: string | null
  readonly onClose: () => void
}

/** What models read in the place of what they no longer see, version by version. */
export function SummaryModal({ session, summaryId, onClose }: SummaryModalProps) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const facts = useSummaryFacts()
  const summaries = useSummaries(session.id, useSummaryChanges(session.id))
  const [wanted, setWanted] = useState(summaryId)
  const all = summaries.data ?? []
  const shown = all.find(({ id }) => id === wanted) ?? all[0]
  return (
    <Modal title={t('summary.title')} description={t('summary.about')} onClose={onClose}>
      {summaries.isPending ? <div aria-hidden="true" className="h-40 animate-pulse rounded-2xl bg-sunken" /> : null}
      {summaries.isError ? (
        <Callout tone="danger" action={<Button small onClick={() => void summaries.refetch()}>{t('tryAgain')}</Button>}>
          {failureText(summaries.error)}
        </Callout>
      ) : null}
      {summaries.isSuccess && !shown ? <p className="py-6 text-center text-sm text-muted">{t('summary.none')}</p> : null}
      {shown ? (
        <div className="flex flex-col gap-4">
          <SelectField label={t('summary.version')} value={shown.id} onChange={(event) => setWanted(event.target.value)}>
            {all.map((summary) => (
              <option key={summary.id} value={summary.id}>
                {facts(summary)}
              </option>
            ))}
          </SelectField>
          <SummaryText
            key={shown.id}
            session={session}
            summary={shown}
            successor={all.find(({ made_from }) => made_from === shown.id)}
            onChosen={({ id }) => setWanted(id)}
          />
        </div>
      ) : null}
    </Modal>
  )
}
