import { useTranslation } from 'react-i18next'

import type { Participant } from '@/contracts/protocol'
import { formatTime } from '@/lib/format'
import { Avatar, memberStyle } from '@/ui/Avatar'

import type { Excerpt } from './excerpts'

/** Of the person, and of members who have left. */
const NOBODYS = 'var(--muted)'

interface ExcerptRowProps {
  readonly excerpt: Excerpt
  readonly seats: readonly Participant[]
  readonly onShow: (messageId: string) => void
}

/** A message in two lines; choosing it leads to the whole of it. */
export function ExcerptRow({ excerpt, seats, onShow }: ExcerptRowProps) {
  const { t, i18n } = useTranslation()
  const { id, speaker, participantId, text, at } = excerpt
  const color = seats.find((seat) => seat.id === participantId)?.color ?? NOBODYS
  const name = speaker ?? t('room.you')
  return (
    <button
      type="button"
      onClick={() => onShow(id)}
      style={memberStyle(color)}
      className="grid w-full min-w-0 grid-cols-[1.5rem_minmax(0,1fr)] gap-x-3 rounded-xl px-2.5 py-2 text-left hover:bg-sunken"
    >
      <Avatar name={name} color={color} size="small" />
      <span className="min-w-0">
        <span className="flex items-baseline gap-2">
          <span className={speaker === null ? 'truncate text-[0.8125rem] font-semibold' : 'text-member truncate text-[0.8125rem] font-semibold'}>
            {name}
          </span>
          <time dateTime={at} className="ml-auto shrink-0 text-xs text-muted">
            {formatTime(at, i18n.language)}
          </time>
        </span>
        <span className="line-clamp-2 text-[0.8125rem] wrap-anywhere text-muted">{text}</span>
      </span>
    </button>
  )
}
