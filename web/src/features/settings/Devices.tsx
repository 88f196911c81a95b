import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useDevices, useEndOtherSignIns } from '@/lib/api/devices'
import { Button } from '@/ui/Button'
import { ConfirmModal } from '@/ui/ConfirmModal'
import { Loaded } from '@/ui/Loaded'
import { Panel } from '@/ui/Panel'
import { toast } from '@/ui/toasts'
import { useFailureText } from '@/ui/useFailureText'

import { DeviceRow } from './DeviceRow'

/** Where one is signed in, and the way to end it from here. */
export function Devices() {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const devices = useDevices()
  const end = useEndOtherSignIns()
  const [asking, setAsking] = useState(false)
  const others = (devices.data ?? []).filter(({ current }) => !current).length
  const endAll = () =>
    end.mutate(undefined, {
      onSuccess: (count) => toast(t('devices.othersEnded', { count })),
      onError: (failure) => toast(failureText(failure)),
      onSettled: () => setAsking(false),
    })
  return (
    <Panel
      title={t('devices.title')}
      about={t('devices.about')}
      action={
        others > 0 ? (
          <Button small onClick={() => setAsking(true)}>
            {t('devices.endOthers')}
          </Button>
        ) : null
      }
    >
      <Loaded query={devices}>
        {(data) => (
          <ul className="-my-3 divide-y divide-line">
            {data.map((device) => (
              <DeviceRow key={device.id} device={device} />
            ))}
          </ul>
        )}
      </Loaded>
      {asking ? (
        <ConfirmModal
          title={t('devices.endOthersTitle')}
          text={t('devices.endOthersText', { count: others })}
          action={t('devices.endOthers')}
          busy={end.isPending}
          onClose={() => setAsking(false)}
          onConfirm={endAll}
        />
      ) : null}
    </Panel>
  )
}
