import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { logIn } from '@/lib/api/auth'
import { forgetCredentials, useAccount } from '@/lib/credentials'
import { Button } from '@/ui/Button'
import { Callout } from '@/ui/Callout'
import { TextField } from '@/ui/Field'
import { RoomArt } from '@/ui/RoomArt'
import { Segmented } from '@/ui/Segmented'
import { Wordmark } from '@/ui/Wordmark'
import { useFailureText } from '@/ui/useFailureText'

import { Elsewhere } from './Elsewhere'
import { ForgottenPassword } from './ForgottenPassword'
import { NewPassword } from './NewPassword'
import { RegisterForm } from './RegisterForm'
import { SecondStepForm } from './SecondStepForm'

type Intent = 'sign-in' | 'register'

interface SignInPageProps {
  /** Why a sign-in link did not work, if one was tried. */
  readonly linkFailure: unknown
  /** The secret of a mailed link that sets a new password, while there is one. */
  readonly resetToken: string | null
  readonly onReset: () => void
  /** The code of an invitation, from the link that somebody followed. */
  readonly invitation: string | null
}

export function SignInPage({ linkFailure, resetToken, invitation, onReset }: SignInPageProps) {
  const { t } = useTranslation()
  const signedIn = useAccount((account) => account.state === 'signed-in')
  const [intent, setIntent] = useState<Intent>(invitation === null ? 'sign-in' : 'register')
  const [challenge, setChallenge] = useState<string | null>(null)
  const [forgotten, setForgotten] = useState(false)
  const [changed, setChanged] = useState(false)

  const onPasswordDone = (done: boolean) => {
    if (done) forgetCredentials() // every sign-in of the person has ended
    setChanged(done)
    setForgotten(false)
    setChallenge(null)
    onReset()
  }

  if (resetToken !== null) {
    return (
      <Frame title={t('signIn.setPassword')}>
        <NewPassword token={resetToken} signedIn={signedIn} onDone={onPasswordDone} />
      </Frame>
    )
  }
  if (forgotten) {
    return (
      <Frame title={t('signIn.forgotten')}>
        <ForgottenPassword onBack={() => setForgotten(false)} />
      </Frame>
    )
  }
  if (challenge !== null) {
    return (
      <Frame title={t('signIn.welcomeBack')}>
        <SecondStepForm challenge={challenge} onAgain={() => setChallenge(null)} />
      </Frame>
    )
  }
  return (
    <Frame title={intent === 'sign-in' ? t('signIn.welcomeBack') : t('signIn.openAccount')}>
      <div className="mb-7">
        <Segmented
          label={t('signIn.choose')}
          value={intent}
          onChange={setIntent}
          options={[
            { value: 'sign-in', label: t('signIn.signIn') },
            { value: 'register', label: t('signIn.register') },
          ]}
        />
      </div>
      {changed ? (
        <div className="mb-5">
          <Callout tone="info">{t('signIn.passwordChanged')}</Callout>
        </div>
      ) : null}
      {linkFailure ? (
        <div className="mb-5">
          <Callout tone="warn" urgent>
            {t('signIn.linkUsed')}
          </Callout>
        </div>
      ) : null}
      {intent === 'sign-in' ? <LogInForm onChallenge={setChallenge} /> : <RegisterForm invitation={invitation} />}
      {intent === 'sign-in' ? (
        <div className="mt-3 flex justify-center">
          <Button type="button" look="ghost" onClick={() => setForgotten(true)}>
            {t('signIn.forgottenLink')}
          </Button>
        </div>
      ) : null}
      <Elsewhere invitation={intent === 'register' ? invitation : null} />
    </Frame>
  )
}

/** The page's two halves: what Palaver is, and what is to be filled in. */
function Frame({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  const { t } = useTranslation()
  return (
    <main className="grid min-h-dvh lg:grid-cols-[1.1fr_1fr]">
      <section className="hidden flex-col justify-between bg-[#1d4437] p-12 text-[#f3efe4] lg:flex">
        <Wordmark />
        <div className="max-w-lg">
          <h1 className="font-serif text-[2.75rem] leading-[1.12] font-medium tracking-[-0.02em]">{t('signIn.headline')}</h1>
          <p className="mt-5 max-w-md text-[1.0625rem] leading-relaxed text-[#f3efe4]/75">{t('signIn.pitch')}</p>
          <RoomArt className="mt-10" />
        </div>
        <p className="text-sm text-[#f3efe4]/60">{t('signIn.selfHosted')}</p>
      </section>
      <section className="flex items-center justify-center p-6">
        <div className="w-full max-w-sm">
          <div className="mb-10 lg:hidden">
            <Wordmark />
          </div>
          <h2 className="mb-4 font-serif text-[1.75rem] font-medium tracking-[-0.015em]">{title}</h2>
          {children}
        </div>
      </section>
    </main>
  )
}

/** E-mail and password; `onChallenge`: the password was right, and a code is asked for. */
function LogInForm({ onChallenge }: { readonly onChallenge: (challenge: string) => void }) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<unknown>(null)

  const submit = async (form: FormData) => {
    setBusy(true)
    setFailure(null)
    try {
      const challenge = await logIn(String(form.get('email') ?? ''), String(form.get('password') ?? ''))
      if (challenge !== null) onChallenge(challenge)
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
      <TextField label={t('signIn.email')} name="email" type="email" required autoComplete="username" />
      <TextField label={t('signIn.password')} name="password" type="password" required autoComplete="current-password" />
      {failure ? (
        <Callout tone="danger" urgent>
          {failureText(failure)}
        </Callout>
      ) : null}
      <Button type="submit" look="primary" busy={busy} className="mt-1 h-11">
        {t('signIn.signIn')}
      </Button>
    </form>
  )
}
