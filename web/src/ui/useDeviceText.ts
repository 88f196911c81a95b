import { useTranslation } from 'react-i18next'

import { deviceName } from '@/lib/deviceName'

/** What a device is called in a list of sign-ins. */
export function useDeviceText(): (agent: string | null) => string {
  const { t } = useTranslation()
  return (agent) => {
    const { browser, system, program } = deviceName(agent)
    if (browser !== null && system !== null) return t('devices.browserOn', { browser, system })
    return browser ?? system ?? program ?? t('devices.unknown')
  }
}
