import { useTranslation } from 'react-i18next'

import { Button } from './Button'
import { Modal } from './Modal'

interface ConfirmModalProps {
  readonly title: string
  readonly text: string
  readonly action: string
  readonly busy: boolean
  readonly onConfirm: () => void
  readonly onClose: () => void
}

/** Ask before something that cannot be taken back. */
export function ConfirmModal({ title, text, action, busy, onConfirm, onClose }: ConfirmModalProps) {
  const { t } = useTranslation()
  return (
    <Modal
      title={title}
      onClose={onClose}
      footer={
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button look="danger" busy={busy} onClick={onConfirm}>
            {action}
          </Button>
        </div>
      }
    >
      <p className="text-muted">{text}</p>
    </Modal>
  )
}
