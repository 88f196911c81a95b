import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { INVITATION_DAYS, type InvitationBody, MAX_INVITATION_DAYS, MAX_INVITATION_USES } from '@/contracts/rest'
import { useInvite } from '@/lib/api/invitations'
import { useAccount } from '@/lib/credentials'
import { Button } from '@/ui/Button'
import { SelectField, TextField } from '@/ui/Field'
import { Modal } from '@/ui/Modal'
import { Segmented } from '@/ui/Segmented'
import { useFailureText } from '@/ui/useFailureText'

import { InvitationLink } from './InvitationLink'

/** For one address, by mail; or a link for whoever has it. */
export function InviteModal({ onClose }: { readonly onClose: () => void }) {
  const { t, i18n } = useTranslation()
  const failureText = useFailureText()
  const invite = useInvite()
  const isOwner = useAccount((account) => account.state === 'signed-in' && account.user.role === 'owner')
  const [how, setHow] = useState<'mail' | 'link'>('mail')
  if (invite.data) return <InvitationLink invitation={invite.data} onClose={onClose} />

  const submit = (form: FormData) => {
    const number = (name: string) => Number(form.get(name))
    const language = i18n.language === 'zh' ? 'zh' : 'en'
    const common = { role: String(form.get('role')) as 'member' | 'admin', days: number('days'), language } as const
    const whom: InvitationBody = how === 'mail' ? { email: String(form.get('email')).trim() } : { uses: number('uses') }
    invite.mutate({ ...common, ...whom })
  }

  return (
    <Modal title={t('invitations.title')} description={t(`invitations.about.${how}`)} onClose={onClose}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          submit(new FormData(event.currentTarget))
        }}
      >
        <Segmented
          label={t('invitations.how')}
          value={how}
          onChange={setHow}
          options={[
            { value: 'mail', label: t('invitations.mail') },
            { value: 'link', label: t('invitations.link') },
          ]}
        />
        {how === 'mail' ? (
          <TextField
            label={t('signIn.email')}
            name="email"
            type="email"
            required
            autoComplete="off"
            error={invite.isError ? failureText(invite.error) : null}
          />
        ) : (
          <TextField
            label={t('invitations.uses')}
            name="uses"
            type="number"
            required
            min={1}
            max={MAX_INVITATION_USES}
            defaultValue={1}
            error={invite.isError ? failureText(invite.error) : null}
          />
        )}
        <SelectField
          label={t('people.role')}
          name="role"
          defaultValue="member"
          {...(isOwner ? {} : { hint: t('invitations.ownersOnly') })}
        >
          <option value="member">{t('roles.member')}</option>
          {isOwner ? <option value="admin">{t('roles.admin')}</option> : null}
        </SelectField>
        <TextField
          label={t('invitations.days')}
          name="days"
          type="number"
          required
          min={1}
          max={MAX_INVITATION_DAYS}
          defaultValue={INVITATION_DAYS}
        />
        <div className="mt-1 flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" look="primary" busy={invite.isPending}>
            {t('invitations.invite')}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
