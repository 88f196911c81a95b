import type { ReactNode } from 'react'

import type { Participant, TurnRef } from '@/contracts/protocol'
import { Avatar, memberStyle } from '@/ui/Avatar'

/** Colour of those who have left the room since. */
const GONE = '#7a7468'

interface ReplyFrameProps {
  readonly turn: TurnRef
  readonly seat: Participant | undefined
  readonly state: 'running' | 'done' | 'failed'
  /** The model that really answers, if it is another than the seat's. */
  readonly model?: string
  readonly aside?: ReactNode
  readonly children: ReactNode
}

/** What all answers have in common: who speaks, in which colour, by which model. */
export function ReplyFrame({ turn, seat, state, model = turn.model, aside, children }: ReplyFrameProps) {
  const color = seat?.color ?? GONE
  const name = turn.speaker
  return (
    <article
      aria-label={name}
      data-speaker={name}
      data-state={state}
      data-turn={turn.turn_id}
      data-reply={turn.reply_id}
      tabIndex={-1}
      style={memberStyle(color)}
      className="group/reply mt-7 grid rounded-2xl grid-cols-[2.25rem_minmax(0,1fr)] gap-x-3.5 in-data-[view=columns]:mt-3 in-data-[view=columns]:grid-cols-1"
    >
      <span className="in-data-[view=columns]:hidden">
        <Avatar name={name} color={color} faded={state === 'failed'} />
      </span>
      <div className="min-w-0">
        <header className="flex min-h-9 items-center gap-2.5">
          <span className="text-member truncate text-[0.9375rem] font-semibold in-data-[view=columns]:sr-only">{name}</span>
          {model === name ? null : <span className="truncate text-xs text-muted">{model}</span>}
          <span className="ml-auto flex shrink-0 items-center">{aside}</span>
        </header>
        {children}
      </div>
    </article>
  )
}
