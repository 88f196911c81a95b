import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'

import type { SessionView } from '@/contracts/protocol'
import { useTranscript } from '@/realtime/hooks'
import { Button } from '@/ui/Button'

import { ExcerptRow } from './ExcerptRow'
import { excerpts } from './excerpts'
import { useEarlier } from './useEarlier'

interface UnseenListProps {
  readonly session: SessionView
  readonly unseen: readonly string[]
  /** How many there are; of very many only the newest are listed. */
  readonly leftOut: number
  readonly onShow: (messageId: string) => void
}

/** The messages that a member no longer sees, newest first: those fell out last. Choosing one leads to it. */
export function UnseenList({ session, unseen, leftOut, onShow }: UnseenListProps) {
  const { t } = useTranslation()
  const transcript = useTranscript(session.id)
  const earlier = useEarlier(session.id)
  const known = useMemo(() => new Map(excerpts(transcript).map((excerpt) => [excerpt.id, excerpt])), [transcript])
  const listed = unseen.toReversed().flatMap((id) => known.get(id) ?? [])
  const missing = leftOut - listed.length
  return (
    <>
      <ul aria-label={t('context.unseenTitle')} className="mt-3 flex flex-col gap-1">
        {listed.map((excerpt) => (
          <li key={excerpt.id} className="[content-visibility:auto]">
            <ExcerptRow excerpt={excerpt} seats={session.participants} onShow={onShow} />
          </li>
        ))}
      </ul>
      {missing > 0 ? (
        <div className="mt-2 flex flex-wrap items-center justify-between gap-2 text-[0.8125rem] text-muted">
          {t('context.unseenOlder', { count: missing })}
          {earlier.more ? (
            <Button small look="ghost" busy={earlier.busy} onClick={earlier.show}>
              {t('room.earlier')}
            </Button>
          ) : null}
        </div>
      ) : null}
    </>
  )
}
