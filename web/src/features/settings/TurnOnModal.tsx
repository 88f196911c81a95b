import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { AuthenticatorSecret } from '@/contracts/rest'
import { useBeginSecondFactor } from '@/lib/api/secondFactor'
import { Button } from '@/ui/Button'
import { TextField } from '@/ui/Field'
import { Modal } from '@/ui/Modal'

import { AuthenticatorStep } from './AuthenticatorStep'
import { RecoveryCodesModal } from './RecoveryCodesModal'
import { useProofFailureText } from './useProofFailureText'

/** From the password over the authenticator to the recovery codes. */
export function TurnOnModal({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation()
  const [secret, setSecret] = useState<AuthenticatorSecret | null>(null)
  const [codes, setCodes] = useState<readonly string[] | null>(null)
  if (codes !== null) return <RecoveryCodesModal codes={codes} onClose={onClose} />
  return (
    <Modal
      title={t('secondFactor.turnOnTitle')}
      description={secret === null ? t('secondFactor.proveText') : t('secondFactor.scanText')}
      onClose={onClose}
    >
      {secret === null ? (
        <PasswordStep onSecret={setSecret} onClose={onClose} />
      ) : (
        <AuthenticatorStep secret={secret} onCodes={setCodes} onClose={onClose} />
      )}
    </Modal>
  )
}

interface PasswordStepProps {
  readonly onSecret: (secret: AuthenticatorSecret) => void
  readonly onClose: () => void
}

function PasswordStep({ onSecret, onClose }: PasswordStepProps) {
  const { t } = useTranslation()
  const failureText = useProofFailureText()
  const begin = useBeginSecondFactor()
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        begin.mutate(String(new FormData(event.currentTarget).get('password') ?? ''), { onSuccess: onSecret })
      }}
    >
      <TextField
        label={t('signIn.password')}
        name="password"
        type="password"
        required
        autoComplete="current-password"
        error={begin.isError ? failureText(begin.error) : null}
      />
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{t('cancel')}</Button>
        <Button type="submit" look="primary" busy={begin.isPending}>
          {t('next')}
        </Button>
      </div>
    </form>
  )
}
