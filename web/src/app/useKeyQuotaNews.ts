import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'

import { KEYS_KEY } from '@/lib/api/keys'
import { formatShare } from '@/lib/format'
import { useKeyQuotas } from '@/lib/keyQuotas'
import { toast } from '@/ui/toasts'

/** Says it when a key comes near its quota, wherever the person is; the list of keys is read anew. */
export function useKeyQuotaNews(): void {
  const { t, i18n } = useTranslation()
  const queries = useQueryClient()
  useEffect(
    () =>
      useKeyQuotas.subscribe((now, before) => {
        for (const quota of now.filter((one) => !before.includes(one))) {
          const name = quota.label || quota.provider
          const share = formatShare(Number(quota.used) / Number(quota.limit), i18n.language)
          toast(t(quota.exceeded ? 'keys.quota.toastOver' : 'keys.quota.toastNear', { name, share }))
        }
        void queries.invalidateQueries({ queryKey: KEYS_KEY })
      }),
    [t, i18n, queries],
  )
}
