/** What went wrong and what to do about it, in the person's language. */
import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'

import type { ErrorCode } from '@/contracts/protocol'
import { ApiFailure } from '@/lib/api/call'

/** Codes with a sentence of our own. For all others the server's localised sentence is shown. */
const KNOWN = [
  'UNREACHABLE',
  'INVALID_CREDENTIALS',
  'SECOND_FACTOR_INVALID',
  'SIGN_IN_TOO_OLD',
  'FORBIDDEN',
  'EMAIL_TAKEN',
  'REGISTRATION_CLOSED',
  'INVITATION_REQUIRED',
  'INVITATION_INVALID',
  'OAUTH_FAILED',
  'SESSION_NOT_FOUND',
  'SESSION_ARCHIVED',
  'NO_ACTIVE_PARTICIPANT',
  'TOO_MANY_PARTICIPANTS',
  'TOO_MANY_PINNED',
  'TOO_MANY_PERSONAS',
  'PERSONA_NOT_FOUND',
  'MESSAGE_TOO_LONG',
  'MODEL_NOT_FOUND',
  'RATE_LIMITED',
  'QUOTA_EXCEEDED',
  'CONTEXT_OVERFLOW',
  'KEY_MISSING',
  'KEY_INVALID',
  'KEY_LOCKED',
  'PASSPHRASE_WRONG',
  'KEY_QUOTA_EXCEEDED',
  'PROVIDER_REFUSED',
  'PROVIDER_QUOTA',
  'PROVIDER_RATE_LIMITED',
  'PROVIDER_UNAVAILABLE',
  'PROVIDER_TIMEOUT',
  'PROVIDER_STREAM_BROKEN',
  'INTERRUPTED',
  'TIMEOUT',
  'SERVICE_UNAVAILABLE',
  'INTERNAL',
] as const satisfies readonly (ErrorCode | 'UNREACHABLE')[]

type KnownCode = (typeof KNOWN)[number]

function isKnown(code: string): code is KnownCode {
  return (KNOWN as readonly string[]).includes(code)
}

type Here = Partial<Record<ErrorCode, string>>

const NOWHERE: Here = {}

/** `here`: what a code means in this place, where more is known than the code says. */
export function useFailureText(here: Here = NOWHERE): (failure: unknown) => string {
  const { t } = useTranslation()
  return useCallback(
    (failure) => {
      const { code, message } = (failure ?? {}) as Partial<Pick<ApiFailure, 'code' | 'message'>>
      const meant = here[code as ErrorCode]
      if (meant !== undefined) return meant
      if (code !== undefined && isKnown(code)) return t(`failures.${code}`)
      return failure instanceof ApiFailure && message ? message : (message ?? t('failures.INTERNAL'))
    },
    [here, t],
  )
}
