import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'

import type { SessionView } from '@/contracts/protocol'
import { formatTime } from '@/lib/format'
import { useTranscript } from '@/realtime/hooks'
import { Avatar, memberStyle } from '@/ui/Avatar'
import { Button } from '@/ui/Button'

import { type Excerpt, excerpts } from './excerpts'
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
            <Entry excerpt={excerpt} session={session} onShow={onShow} />
          </li>
        ))}
      </ul>
      {missing > 0 ? (
        <div className="mt-2 flex flex-wrap items-center justify-between gap-2 text-[13px] text-muted">
          {t('context.unseenOlder', { count: missing })}
          {earlier.more ? (
            <Button small look="ghost" busy={earlier.busy} onClick={earlier.load}>
              {t('room.earlier')}
            </Button>
          ) : null}
        </div>
      ) : null}
    </>
  )
}

interface EntryProps {
  readonly excerpt: Excerpt
  readonly session: SessionView
  readonly onShow: (messageId: string) => void
}

function Entry({ excerpt, session, onShow }: EntryProps) {
  const { t, i18n } = useTranslation()
  const { id, speaker, participantId, text, at } = excerpt
  const seat = session.participants.find((participant) => participant.id === participantId)
  return (
    <button
      type="button"
      onClick={() => onShow(id)}
      style={memberStyle(seat?.color ?? 'var(--muted)')}
      className="grid w-full grid-cols-[1.5rem_minmax(0,1fr)] gap-x-3 rounded-xl px-2.5 py-2 text-left hover:bg-sunken"
    >
      <Avatar name={speaker ?? t('room.you')} color={seat?.color ?? 'var(--muted)'} size="small" />
      <span className="min-w-0">
        <span className="flex items-baseline gap-2">
          <span className={speaker === null ? 'truncate text-[13px] font-semibold' : 'text-member truncate text-[13px] font-semibold'}>
            {speaker ?? t('room.you')}
          </span>
          <time dateTime={at} className="ml-auto shrink-0 text-xs text-muted">
            {formatTime(at, i18n.language)}
          </time>
        </span>
        <span className="line-clamp-2 text-[13px] wrap-anywhere text-muted">{text}</span>
      </span>
    </button>
  )
}
