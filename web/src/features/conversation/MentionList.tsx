import { useTranslation } from 'react-i18next'

import type { Participant } from '@/contracts/protocol'
import { memberStyle } from '@/ui/Avatar'
import { classes } from '@/ui/classes'

import type { Completion } from './mentions'

export const MENTION_LIST = 'mention-list'

export function optionId(participantId: string): string {
  return `mention-${participantId}`
}

interface MentionListProps {
  readonly completion: Completion
  readonly seats: readonly Participant[]
  readonly active: number
  readonly onChoose: (place: number) => void
}

/** Who can be asked by name. The keyboard stays in the text; arrows move here, Enter or Tab chooses. */
export function MentionList({ completion, seats, active, onChoose }: MentionListProps) {
  const { t } = useTranslation()
  const colors = new Map(seats.map(({ id, color }) => [id, color]))
  return (
    <div
      id={MENTION_LIST}
      role="listbox"
      aria-label={t('mentions.list')}
      className="animate-rise absolute bottom-full left-3 z-20 mb-2 max-h-64 min-w-48 overflow-y-auto rounded-2xl border border-line bg-raised p-1.5 shadow-overlay"
    >
      {completion.members.map(({ id, name }, place) => (
        <div
          key={id}
          id={optionId(id)}
          role="option"
          aria-selected={place === active}
          tabIndex={-1}
          // The text keeps the focus.
          onMouseDown={(event) => {
            event.preventDefault()
            onChoose(place)
          }}
          className={classes(
            'flex cursor-pointer items-center gap-2.5 rounded-xl px-3 py-2 text-sm',
            place === active && 'bg-sunken',
          )}
        >
          <span aria-hidden="true" style={memberStyle(colors.get(id) ?? '#7a7468')} className="bg-member size-2 rounded-full" />
          {name}
        </div>
      ))}
    </div>
  )
}
