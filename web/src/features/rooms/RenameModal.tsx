import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { SessionView } from '@/contracts/protocol'
import { MAX_TITLE_CHARACTERS } from '@/contracts/rest'
import { useUpdateSession } from '@/lib/api/sessions'
import { Button } from '@/ui/Button'
import { TextField } from '@/ui/Field'
import { Modal } from '@/ui/Modal'
import { useFailureText } from '@/ui/useFailureText'

interface RenameModalProps {
  readonly room: SessionView
  readonly onClose: () => void
}

export function RenameModal({ room, onClose }: RenameModalProps) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const update = useUpdateSession()
  const [title, setTitle] = useState(room.title)
  return (
    <Modal title={t('rooms.renameTitle')} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          update.mutate({ id: room.id, title: title.trim() }, { onSuccess: onClose })
        }}
      >
        <TextField
          label={t('rooms.name')}
          value={title}
          maxLength={MAX_TITLE_CHARACTERS}
          onChange={(event) => setTitle(event.target.value)}
          error={update.isError ? failureText(update.error) : null}
        />
        <div className="mt-5 flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" look="primary" busy={update.isPending}>
            {t('save')}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
