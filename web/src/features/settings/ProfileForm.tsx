import { useTranslation } from 'react-i18next'

import { MAX_NICKNAME_CHARACTERS } from '@/contracts/rest'
import { useRename } from '@/lib/api/account'
import { useAccount } from '@/lib/credentials'
import { Button } from '@/ui/Button'
import { TextField } from '@/ui/Field'
import { Panel } from '@/ui/Panel'
import { toast } from '@/ui/toasts'
import { useFailureText } from '@/ui/useFailureText'

export function ProfileForm() {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const account = useAccount()
  const rename = useRename()
  if (account.state !== 'signed-in') return null
  const { nickname, email } = account.user
  return (
    <Panel title={t('profile.title')}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          const name = String(new FormData(event.currentTarget).get('nickname') ?? '').trim()
          rename.mutate(name, { onSuccess: () => toast(t('saved')) })
        }}
      >
        <TextField
          label={t('signIn.nickname')}
          hint={t('profile.email', { email })}
          name="nickname"
          required
          maxLength={MAX_NICKNAME_CHARACTERS}
          defaultValue={nickname}
          autoComplete="nickname"
          error={rename.isError ? failureText(rename.error) : null}
        />
        <div className="flex justify-end">
          <Button type="submit" busy={rename.isPending}>
            {t('save')}
          </Button>
        </div>
      </form>
    </Panel>
  )
}
