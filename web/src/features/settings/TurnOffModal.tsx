import { useTranslation } from 'react-i18next'

import { useDisableSecondFactor } from '@/lib/api/secondFactor'
import { Button } from '@/ui/Button'
import { Modal } from '@/ui/Modal'

import { ProofFields, proofOf } from './ProofFields'

export function TurnOffModal({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation()
  const disable = useDisableSecondFactor()
  return (
    <Modal title={t('secondFactor.turnOffTitle')} description={t('secondFactor.turnOffText')} onClose={onClose}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          disable.mutate(proofOf(new FormData(event.currentTarget)), { onSuccess: onClose })
        }}
      >
        <ProofFields failure={disable.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" look="danger" busy={disable.isPending}>
            {t('secondFactor.turnOff')}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
