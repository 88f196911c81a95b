import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useDeleteAccount } from '@/lib/api/account'
import { useSecondFactor } from '@/lib/api/secondFactor'
import { useAccount } from '@/lib/credentials'
import { Button } from '@/ui/Button'
import { TextField } from '@/ui/Field'
import { Modal } from '@/ui/Modal'
import { Panel } from '@/ui/Panel'

import { ProofFields, proofOf } from './ProofFields'
import { useProofFailureText } from './useProofFailureText'

export function DeleteAccount() {
  const { t } = useTranslation()
  const [asking, setAsking] = useState(false)
  return (
    <Panel
      title={t('deleteAccount.title')}
      about={t('deleteAccount.about')}
      action={
        <Button small className="text-danger" onClick={() => setAsking(true)}>
          {t('deleteAccount.begin')}
        </Button>
      }
    >
      {asking ? <DeleteAccountModal onClose={() => setAsking(false)} /> : null}
    </Panel>
  )
}

const GOES = ['rooms', 'presets', 'keys', 'signIns'] as const

function DeleteAccountModal({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation()
  const failureText = useProofFailureText()
  const remove = useDeleteAccount()
  const factor = useSecondFactor()
  const email = useAccount((account) => (account.state === 'signed-in' ? account.user.email : ''))
  return (
    <Modal title={t('deleteAccount.title')} description={email} onClose={onClose}>
      <p className="text-sm">{t('deleteAccount.goes')}</p>
      <ul className="mt-2 list-disc space-y-1 pl-5 text-sm text-muted">
        {GOES.map((what) => (
          <li key={what}>{t(`deleteAccount.${what}`)}</li>
        ))}
      </ul>
      <p className="mt-3 text-sm">{t('deleteAccount.stays')}</p>
      <form
        className="mt-4 flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          remove.mutate(proofOf(new FormData(event.currentTarget)))
        }}
      >
        {factor.data?.enabled === true ? (
          <ProofFields failure={remove.error} />
        ) : (
          <TextField
            label={t('signIn.password')}
            hint={t('deleteAccount.passwordHint')}
            name="password"
            type="password"
            autoComplete="current-password"
            error={remove.isError ? failureText(remove.error) : null}
          />
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" look="danger" busy={remove.isPending || factor.isPending}>
            {t('deleteAccount.do')}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
