import { useTranslation } from 'react-i18next'

import { useFailureText } from '@/ui/useFailureText'

/** Of somebody who is signed in, only the password can be wrong. */
export function useProofFailureText(): (failure: unknown) => string {
  const { t } = useTranslation()
  return useFailureText({ INVALID_CREDENTIALS: t('settings.passwordWrong'), CONFLICT: t('settings.noPassword') })
}
