import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { secondStep } from '@/lib/api/auth'
import { ApiFailure } from '@/lib/api/call'
import { Button } from '@/ui/Button'
import { Callout } from '@/ui/Callout'
import { TextField } from '@/ui/Field'
import { useFailureText } from '@/ui/useFailureText'

interface SecondStepFormProps {
  readonly challenge: string
  /** Back to the password. */
  readonly onAgain: () => void
}

/** After the password: a code of the authenticator, or one for recovery. */
export function SecondStepForm({ challenge, onAgain }: SecondStepFormProps) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<unknown>(null)
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => field.current?.focus(), []) // it takes the place of the button that was pressed
  const over = failure instanceof ApiFailure && failure.code === 'UNAUTHENTICATED'

  const submit = async (code: string) => {
    setBusy(true)
    setFailure(null)
    try {
      await secondStep(challenge, code)
    } catch (reason) {
      setFailure(reason)
      setBusy(false)
    }
  }

  return (
    <form
      className="mt-7 flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        void submit(String(new FormData(event.currentTarget).get('code') ?? ''))
      }}
    >
      <TextField
        ref={field}
        label={t('signIn.code')}
        hint={t('signIn.codeHint')}
        name="code"
        required
        minLength={6}
        maxLength={40}
        autoComplete="one-time-code"
        autoCapitalize="none"
        spellCheck={false}
      />
      {failure ? (
        <Callout tone="danger" urgent>
          {over ? t('signIn.codeOver') : failureText(failure)}
        </Callout>
      ) : null}
      <Button type="submit" look="primary" busy={busy} disabled={over} className="mt-1 h-11">
        {t('signIn.signIn')}
      </Button>
      <Button onClick={onAgain}>{t('signIn.again')}</Button>
    </form>
  )
}
