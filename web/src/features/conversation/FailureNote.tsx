import { useTranslation } from 'react-i18next'

import type { FailureReason } from '@/contracts/frames'
import { Callout } from '@/ui/Callout'
import { useFailureText } from '@/ui/useFailureText'

/** What a person can mend on the keys page. */
const KEY_CODES = new Set(['KEY_MISSING', 'KEY_INVALID', 'KEY_LOCKED', 'KEY_QUOTA_EXCEEDED', 'PROVIDER_QUOTA'])

interface FailureNoteProps {
  readonly error: FailureReason
  readonly onOpenKeys: () => void
}

/** Why a member could not answer, and what to do about it. */
export function FailureNote({ error, onOpenKeys }: FailureNoteProps) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  return (
    <Callout tone="danger">
      {failureText(error)}
      {KEY_CODES.has(error.code) ? (
        <>
          {' '}
          <button type="button" onClick={onOpenKeys} className="font-medium underline underline-offset-2">
            {t('keys.open')}
          </button>
        </>
      ) : null}
      {error.retryable ? <span className="opacity-80"> {t('failures.retryable')}</span> : null}
    </Callout>
  )
}
