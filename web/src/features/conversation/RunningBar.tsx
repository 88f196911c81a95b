import { Check, Square } from 'lucide-react'
import { memo, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useMembers } from '@/realtime/hooks'
import type { MemberState } from '@/realtime/memberStatus'
import { Avatar, memberStyle } from '@/ui/Avatar'
import { Spinner } from '@/ui/Spinner'
import { classes } from '@/ui/classes'

import { nextSlots } from './slots'
import { useStop } from './useStop'

/** Who is answering, each with a stop that stays where it is while answers grow and end. */
export function RunningBar({ sessionId }: { readonly sessionId: string }) {
  const { t } = useTranslation()
  const members = useMembers(sessionId)
  const stop = useStop(sessionId)
  const running = members.filter((member) => member.turnId !== null).map(({ participant }) => participant.id)
  const [slots, setSlots] = useState<readonly string[]>([])
  const next = nextSlots(slots, running)
  if (next !== slots) setSlots(next)
  if (next.length === 0) return null
  const seated = new Map(members.map((member) => [member.participant.id, member]))
  return (
    <ul aria-label={t('stop.running')} className="flex [scrollbar-width:none] gap-1.5 overflow-x-auto pb-2 sm:flex-wrap-reverse">
      {next.map((id) => {
        const member = seated.get(id)
        return member ? <Slot key={id} {...member} onStop={stop} /> : null
      })}
    </ul>
  )
}

interface SlotProps extends MemberState {
  readonly onStop: (turnId: string) => void
}

const Slot = memo(function Slot({ participant, turnId, status, onStop }: SlotProps) {
  const { t } = useTranslation()
  const { name, color } = participant
  const stopping = status === 'stopping'
  return (
    <li className="shrink-0">
      <button
        type="button"
        disabled={turnId === null || stopping}
        aria-busy={stopping}
        aria-label={turnId === null ? t('stop.ended', { name }) : t(stopping ? 'stop.stopping' : 'stop.one', { name })}
        onClick={() => turnId && onStop(turnId)}
        style={memberStyle(color)}
        className={classes(
          'inline-flex h-8 items-center gap-2 rounded-full border bg-raised pr-3 pl-1 text-[0.8125rem] font-medium transition-colors',
          turnId === null ? 'border-line text-muted' : 'border-member enabled:hover:bg-sunken',
        )}
      >
        <Avatar name={name} color={color} size="small" faded={turnId === null} />
        <span className="max-w-32 truncate">{name}</span>
        {/* One size for all three, so that the next place does not move. */}
        <span aria-hidden="true" className="inline-flex size-4 items-center justify-center">
          {turnId === null ? <Check size={14} /> : stopping ? <Spinner /> : <Square size={11} fill="currentColor" />}
        </span>
      </button>
    </li>
  )
})
