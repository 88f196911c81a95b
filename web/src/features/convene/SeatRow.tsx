import { X } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import { Avatar } from '@/ui/Avatar'

import type { Seat } from './seats'

interface SeatRowProps {
  readonly seats: readonly Seat[]
  readonly onRemove: (key: string) => void
}

/** Who has a seat so far. */
export function SeatRow({ seats, onRemove }: SeatRowProps) {
  const { t } = useTranslation()
  return (
    <ul aria-label={t('convene.seated')} className="flex min-w-0 flex-wrap gap-1.5">
      {seats.map((seat) => (
        <li key={seat.key} className="flex items-center gap-1.5 rounded-xl border border-line bg-raised py-1 pr-1 pl-1">
          <Avatar name={seat.name} color={seat.color} size="small" />
          <span className="max-w-36 truncate text-[0.8125rem] font-medium">{seat.name}</span>
          <button
            type="button"
            aria-label={t('convene.remove', { name: seat.name })}
            onClick={() => onRemove(seat.key)}
            className="rounded-md p-1 text-muted hover:bg-sunken hover:text-ink"
          >
            <X size={13} />
          </button>
        </li>
      ))}
    </ul>
  )
}
