import { useTranslation } from 'react-i18next'

import type { FullProofBody } from '@/contracts/rest'
import { ApiFailure } from '@/lib/api/call'
import { TextField } from '@/ui/Field'

import { useProofFailureText } from './useProofFailureText'

export function proofOf(form: FormData): FullProofBody {
  return { password: String(form.get('password') ?? ''), code: String(form.get('code') ?? '') }
}

/** The password and a code; what is wrong is said beside the field that it is about. */
export function ProofFields({ failure }: { readonly failure: unknown }) {
  const { t } = useTranslation()
  const failureText = useProofFailureText()
  const aboutCode = failure instanceof ApiFailure && failure.code === 'SECOND_FACTOR_INVALID'
  return (
    <>
      <TextField
        label={t('signIn.password')}
        name="password"
        type="password"
        required
        autoComplete="current-password"
        error={failure && !aboutCode ? failureText(failure) : null}
      />
      <TextField
        label={t('signIn.code')}
        hint={t('signIn.codeHint')}
        name="code"
        required
        minLength={6}
        maxLength={40}
        autoComplete="one-time-code"
        autoCapitalize="none"
        spellCheck={false}
        error={aboutCode ? failureText(failure) : null}
      />
    </>
  )
}
