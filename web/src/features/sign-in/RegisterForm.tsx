import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { MIN_PASSWORD_CHARACTERS, type RegistrationRules } from '@/contracts/rest'
import { register, registrationMode } from '@/lib/api/auth'
import { Button } from '@/ui/Button'
import { Callout } from '@/ui/Callout'
import { TextField } from '@/ui/Field'
import { useFailureText } from '@/ui/useFailureText'

/** Opens an account; `invitation` is the code of the link that somebody followed. */
export function RegisterForm({ invitation }: { readonly invitation: string | null }) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const [mode, setMode] = useState<RegistrationRules['mode']>('open')
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<unknown>(null)
  useEffect(() => {
    let here = true
    registrationMode().then(
      (found) => here && setMode(found),
      () => undefined, // the answer to the form will tell
    )
    return () => {
      here = false
    }
  }, [])

  const submit = async (form: FormData) => {
    const [email, password, nickname, code] = ['email', 'password', 'nickname', 'invitation'].map((name) =>
      String(form.get(name) ?? ''),
    )
    setBusy(true)
    setFailure(null)
    try {
      await register(email ?? '', password ?? '', nickname ?? '', code?.trim() || null)
    } catch (reason) {
      setFailure(reason)
      setBusy(false)
    }
  }

  if (mode === 'closed') return <Callout tone="info">{t('failures.REGISTRATION_CLOSED')}</Callout>
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        void submit(new FormData(event.currentTarget))
      }}
    >
      {mode === 'invitation' || invitation !== null ? (
        <TextField
          label={t('signIn.invitation')}
          name="invitation"
          required={mode === 'invitation'}
          maxLength={200}
          defaultValue={invitation ?? ''}
          autoComplete="off"
          hint={t('signIn.invitationHint')}
        />
      ) : null}
      <TextField label={t('signIn.nickname')} name="nickname" required maxLength={80} autoComplete="nickname" />
      <TextField label={t('signIn.email')} name="email" type="email" required autoComplete="username" />
      <TextField
        label={t('signIn.password')}
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
        {t('signIn.createAccount')}
      </Button>
    </form>
  )
}
