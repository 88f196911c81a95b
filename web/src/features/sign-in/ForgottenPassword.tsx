import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { forgotPassword } from '@/lib/api/auth'
import { Button } from '@/ui/Button'
import { Callout } from '@/ui/Callout'
import { TextField } from '@/ui/Field'
import { useFailureText } from '@/ui/useFailureText'

/** Asks for a link by e-mail. The answer is the same whether or not there is such an account. */
export function ForgottenPassword({ onBack }: { readonly onBack: () => void }) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const [stage, setStage] = useState<'asking' | 'busy' | 'sent'>('asking')
  const [failure, setFailure] = useState<unknown>(null)

  const submit = async (form: FormData) => {
    setStage('busy')
    setFailure(null)
    try {
      await forgotPassword(String(form.get('email') ?? ''))
      setStage('sent')
    } catch (reason) {
      setFailure(reason)
      setStage('asking')
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
      {stage === 'sent' ? (
        <Callout tone="info">{t('signIn.mailSent')}</Callout>
      ) : (
        <>
          <p className="text-muted">{t('signIn.forgottenHint')}</p>
          <TextField label={t('signIn.email')} name="email" type="email" required autoComplete="username" />
          {failure ? (
            <Callout tone="danger" urgent>
              {failureText(failure)}
            </Callout>
          ) : null}
          <Button type="submit" look="primary" busy={stage === 'busy'} className="mt-1 h-11">
            {t('signIn.sendLink')}
          </Button>
        </>
      )}
      <Button type="button" look="ghost" onClick={onBack}>
        {t('signIn.back')}
      </Button>
    </form>
  )
}
