import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'

import { useUnusualKeys } from '@/lib/unusualKeys'
import { toast } from '@/ui/toasts'
import { unusualText } from '@/ui/unusualUse'

/** Says it when a key is used as it was not before, wherever the person is. */
export function useUnusualKeyNews(): void {
  const { t, i18n } = useTranslation()
  useEffect(
    () =>
      useUnusualKeys.subscribe((now, before) => {
        for (const heard of now.filter((one) => !before.includes(one))) {
          const what = unusualText(t, i18n.language, heard)
          toast(t('keys.unusual.toast', { name: heard.label || heard.provider, what }))
        }
      }),
    [t, i18n],
  )
}
