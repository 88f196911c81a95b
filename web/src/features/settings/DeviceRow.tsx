import { MonitorSmartphone } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import type { SignInView } from '@/contracts/rest'
import { useEndSignIns } from '@/lib/api/devices'
import { formatMoment } from '@/lib/format'
import { Button } from '@/ui/Button'
import { toast } from '@/ui/toasts'
import { useDeviceText } from '@/ui/useDeviceText'
import { useFailureText } from '@/ui/useFailureText'

export function DeviceRow({ device }: { readonly device: SignInView }) {
  const { t, i18n } = useTranslation()
  const failureText = useFailureText()
  const name = useDeviceText()(device.device)
  const end = useEndSignIns()
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
        <Button
          small
          busy={end.isPending}
          aria-label={t('devices.endOf', { name })}
          onClick={() => end.mutate([device.id], { onError: (failure) => toast(failureText(failure)) })}
        >
          {t('devices.end')}
        </Button>
      )}
    </li>
  )
}
