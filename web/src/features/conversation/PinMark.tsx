import { Pin } from 'lucide-react'
import { useTranslation } from 'react-i18next'

/** Says that a message is pinned. */
export function PinMark() {
  const { t } = useTranslation()
  return (
    <span data-pinned className="inline-flex items-center gap-1 text-xs font-medium text-accent">
      <Pin size={12} aria-hidden="true" />
      {t('pins.pinned')}
    </span>
  )
}
