import { MonitorSmartphone } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import type { SignInView } from '@/contracts/rest'
import { formatMoment } from '@/lib/format'

import { Button } from './Button'
import { useDeviceText } from './useDeviceText'

interface DeviceLineProps {
  readonly device: SignInView
  readonly busy: boolean
  readonly onEnd: () => void
}

/** One sign-in: with what, from where, when last; and the way to end it. */
export function DeviceLine({ device, busy, onEnd }: DeviceLineProps) {
  const { t, i18n } = useTranslation()
  const name = useDeviceText()(device.device)
  return (
    <li className="flex items-center gap-x-4 py-3">
      <MonitorSmartphone size={19} aria-hidden="true" className="shrink-0 text-muted" />
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-x-2 text-sm font-medium">
          <span className="truncate" title={device.device ?? undefined}>
            {name}
          </span>
          {device.current ? (
            <span className="rounded-full bg-accent-soft px-2 py-0.5 text-xs text-accent">{t('devices.current')}</span>
          ) : null}
        </p>
        <p className="mt-0.5 text-[0.8125rem] text-muted">
          {[device.address, t('devices.used', { time: formatMoment(device.used_at, i18n.language) })]
            .filter(Boolean)
            .join(' · ')}
        </p>
      </div>
      {device.current ? null : (
        <Button small busy={busy} aria-label={t('devices.endOf', { name })} onClick={onEnd}>
          {t('devices.end')}
        </Button>
      )}
    </li>
  )
}
