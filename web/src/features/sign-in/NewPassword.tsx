import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { MIN_PASSWORD_CHARACTERS } from '@/contracts/rest'
import { resetPassword } from '@/lib/api/auth'
import { Button } from '@/ui/Button'
import { Callout } from '@/ui/Callout'
import { TextField } from '@/ui/Field'
import { useFailureText } from '@/ui/useFailureText'

interface NewPasswordProps {
  /** The secret of the mailed link. */
  readonly token: string
  /** Whoever opened the link has a sign-in here. */
  readonly signedIn: boolean
  /** The password is set, or whoever holds the link leaves it. */
  readonly onDone: (changed: boolean) => void
}

/** Sets a new password by a mailed link; every sign-in of the person ends with it. */
export function NewPassword({ token, signedIn, onDone }: NewPasswordProps) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<unknown>(null)

  const submit = async (form: FormData) => {
    setBusy(true)
    setFailure(null)
    try {
      await resetPassword(token, String(form.get('password') ?? ''))
      onDone(true)
    } catch (reason) {
      setFailure(reason)
      setBusy(false)
    }
  }

  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        void submit(new FormData(event.currentTarget))
      }}
    >
      <TextField
        label={t('signIn.newPassword')}
        name="password"
        type="password"
        required
        minLength={MIN_PASSWORD_CHARACTERS}
        autoComplete="new-password"
        hint={t('signIn.passwordHint', { count: MIN_PASSWORD_CHARACTERS })}
      />
      {failure ? (
        <Callout tone="danger" urgent>
          {failureText(failure)}
        </Callout>
      ) : null}
      <Button type="submit" look="primary" busy={busy} className="mt-1 h-11">
        {t('signIn.setPassword')}
      </Button>
      <Button type="button" look="ghost" onClick={() => onDone(false)}>
        {signedIn ? t('signIn.goOn') : t('signIn.back')}
      </Button>
    </form>
  )
}
