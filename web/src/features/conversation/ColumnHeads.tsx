import { useTranslation } from 'react-i18next'

import type { Column } from '@/realtime/columns'
import { useMembers } from '@/realtime/hooks'
import { Avatar, memberStyle } from '@/ui/Avatar'

import { StatusText } from './StatusText'

/** Colour of those who have left the room since. */
const GONE = '#7a7468'

interface ColumnHeadsProps {
  readonly sessionId: string
  readonly columns: readonly Column[]
}

/** Who speaks in which column, above all of it while it is scrolled. Takes no room: the rows begin below it. */
export function ColumnHeads({ sessionId, columns }: ColumnHeadsProps) {
  const { t } = useTranslation()
  const members = new Map(useMembers(sessionId).map((member) => [member.participant.id, member]))
  return (
    <div className="columns-row columns-heads sticky top-0 z-10 items-center border-b border-line bg-canvas">
      {columns.map(({ id, name, seat }) => {
        const status = members.get(id)?.status
        return (
          <h2
            key={id}
            data-column-head={name}
            style={memberStyle(seat?.color ?? GONE)}
            className="flex min-w-0 snap-start scroll-mx-4 items-center gap-2.5 sm:scroll-mx-6"
          >
            <Avatar name={name} color={seat?.color ?? GONE} size="small" faded={!seat} />
            <span className="text-member truncate text-sm font-semibold">{name}</span>
            <span className="ml-auto shrink-0">
              {status ? <StatusText status={status} /> : <span className="text-xs text-muted">{t('columns.left')}</span>}
            </span>
          </h2>
        )
      })}
    </div>
  )
}
