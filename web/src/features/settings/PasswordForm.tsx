import { useTranslation } from 'react-i18next'

import { MIN_PASSWORD_CHARACTERS } from '@/contracts/rest'
import { useChangePassword } from '@/lib/api/account'
import { ApiFailure } from '@/lib/api/call'
import { useAccount } from '@/lib/credentials'
import { Button } from '@/ui/Button'
import { TextField } from '@/ui/Field'
import { Panel } from '@/ui/Panel'
import { toast } from '@/ui/toasts'

import { useProofFailureText } from './useProofFailureText'

export function PasswordForm() {
  const { t } = useTranslation()
  const failureText = useProofFailureText()
  const change = useChangePassword()
  const email = useAccount((account) => (account.state === 'signed-in' ? account.user.email : ''))
  const aboutCurrent = change.error instanceof ApiFailure && change.error.category === 'authentication'
  const submit = (form: HTMLFormElement) => {
    const values = new FormData(form)
    const [current = '', wanted = ''] = ['current', 'wanted'].map((name) => String(values.get(name) ?? ''))
    change.mutate(
      { current, wanted },
      {
        onSuccess: () => {
          form.reset()
          toast(t('password.changed'))
        },
      },
    )
  }
  return (
    <Panel title={t('password.title')} about={t('password.about')}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          submit(event.currentTarget)
        }}
      >
        {/* For password managers: whose password this is. */}
        <input type="hidden" name="username" autoComplete="username" value={email} readOnly />
        <TextField
          label={t('password.current')}
          hint={t('password.currentHint')}
          name="current"
          type="password"
          autoComplete="current-password"
          error={aboutCurrent ? failureText(change.error) : null}
        />
        <TextField
          label={t('signIn.newPassword')}
          hint={t('signIn.passwordHint', { count: MIN_PASSWORD_CHARACTERS })}
          name="wanted"
          type="password"
          required
          minLength={MIN_PASSWORD_CHARACTERS}
          autoComplete="new-password"
          error={change.isError && !aboutCurrent ? failureText(change.error) : null}
        />
        <div className="flex justify-end">
          <Button type="submit" busy={change.isPending}>
            {t('password.do')}
          </Button>
        </div>
      </form>
    </Panel>
  )
}
