import { useTranslation } from 'react-i18next'

import type { ParticipantUsage } from '@/contracts/protocol'
import { formatCount } from '@/lib/format'
import { Meter } from '@/ui/Meter'

interface ContextMeterProps {
  readonly name: string
  readonly usage: ParticipantUsage
}

/** How full a member's window is. */
export function ContextMeter({ name, usage }: ContextMeterProps) {
  const { t, i18n } = useTranslation()
  const { used, maximum } = usage
  const count = (value: number) => formatCount(value, i18n.language)
  return (
    <Meter
      label={t('context.of', { name })}
      used={used}
      maximum={maximum}
      text={t('context.usedOf', { used: count(used), maximum: count(maximum) })}
    />
  )
}
