import { ChevronLeft, ChevronRight } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import { IconButton } from '@/ui/IconButton'

interface StepsProps {
  readonly label: string
  readonly older: string
  readonly newer: string
  /** From 0. */
  readonly place: number
  readonly count: number
  readonly busy: boolean
  readonly onStep: (place: number) => void
}

/** ‹ 2/3 ›: one of several is shown, and the others are a click away. */
export function Steps({ label, older, newer, place, count, busy, onStep }: StepsProps) {
  const { t } = useTranslation()
  return (
    <span role="group" aria-label={label} className="flex items-center text-xs text-muted tabular-nums">
      <IconButton small label={older} disabled={place === 0 || busy} onClick={() => onStep(place - 1)}>
        <ChevronLeft size={15} />
      </IconButton>
      <span aria-hidden>{t('versions.place', { number: place + 1, count })}</span>
      <IconButton small label={newer} disabled={place === count - 1 || busy} onClick={() => onStep(place + 1)}>
        <ChevronRight size={15} />
      </IconButton>
    </span>
  )
}
