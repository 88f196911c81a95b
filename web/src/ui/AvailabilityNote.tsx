import { CircleAlert, KeyRound } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import type { ModelCard } from '@/contracts/rest'
import { formatTime } from '@/lib/format'

interface AvailabilityNoteProps {
  readonly model: ModelCard
  readonly keyMissing: boolean
}

/** Why a model would not answer at once, if it would not. */
export function AvailabilityNote({ model, keyMissing }: AvailabilityNoteProps) {
  const { t, i18n } = useTranslation()
  if (keyMissing || model.availability === 'no_key') {
    return (
      <span className="inline-flex items-center gap-1.5 text-xs font-medium text-warn">
        <KeyRound size={12} aria-hidden="true" />
        {t('convene.needsKey')}
      </span>
    )
  }
  if (model.availability !== 'degraded' && model.availability !== 'unavailable') return null
  const until = model.retry_at ? formatTime(model.retry_at, i18n.language) : null
  return (
    <span className="inline-flex items-center gap-1.5 text-xs font-medium text-warn">
      <CircleAlert size={12} aria-hidden="true" />
      {t(`convene.${model.availability}`)}
      {until ? ` ${t('convene.retryAt', { time: until })}` : ''}
    </span>
  )
}
