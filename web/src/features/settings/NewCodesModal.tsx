import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useRenewRecoveryCodes } from '@/lib/api/secondFactor'
import { Button } from '@/ui/Button'
import { Modal } from '@/ui/Modal'

import { ProofFields, proofOf } from './ProofFields'
import { RecoveryCodesModal } from './RecoveryCodesModal'

/** New recovery codes for whoever proves to be the person; those before are void. */
export function NewCodesModal({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation()
  const renew = useRenewRecoveryCodes()
  const [codes, setCodes] = useState<readonly string[] | null>(null)
  if (codes !== null) return <RecoveryCodesModal codes={codes} onClose={onClose} />
  return (
    <Modal title={t('secondFactor.newCodes')} description={t('secondFactor.newCodesText')} onClose={onClose}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          renew.mutate(proofOf(new FormData(event.currentTarget)), { onSuccess: setCodes })
        }}
      >
        <ProofFields failure={renew.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" look="primary" busy={renew.isPending}>
            {t('secondFactor.makeCodes')}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
