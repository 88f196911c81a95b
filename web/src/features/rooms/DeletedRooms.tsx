import { useTranslation } from 'react-i18next'

import type { SessionView } from '@/contracts/protocol'
import { useDeletedSessions, useRestoreSession } from '@/lib/api/sessions'
import { formatDate } from '@/lib/format'
import { roomTitle } from '@/lib/roomTitle'
import { Button } from '@/ui/Button'
import { Loaded } from '@/ui/Loaded'
import { Modal } from '@/ui/Modal'
import { toast } from '@/ui/toasts'
import { useFailureText } from '@/ui/useFailureText'

/** What was deleted and can still be taken back. */
export function DeletedRooms({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation()
  const deleted = useDeletedSessions()
  return (
    <Modal title={t('rooms.deleted')} description={t('rooms.deletedAbout')} onClose={onClose}>
      <Loaded query={deleted}>
        {(rooms) =>
          rooms.length === 0 ? (
            <p className="py-4 text-sm text-muted">{t('rooms.noneDeleted')}</p>
          ) : (
            <ul className="divide-y divide-line">
              {rooms.map((room) => (
                <DeletedRoom key={room.id} room={room} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Modal>
  )
}

function DeletedRoom({ room }: { readonly room: SessionView }) {
  const { t, i18n } = useTranslation()
  const failureText = useFailureText()
  const restore = useRestoreSession()
  const title = roomTitle(room, t('rooms.untitled'))
  return (
    <li className="flex items-center gap-4 py-3">
      <div className="min-w-0 flex-1">
        <p className="truncate text-sm font-medium">{title}</p>
        {room.purge_at ? (
          <p className="text-xs text-muted">{t('rooms.goneOn', { date: formatDate(room.purge_at, i18n.language) })}</p>
        ) : null}
      </div>
      <Button
        small
        busy={restore.isPending}
        aria-label={t('rooms.restoreNamed', { title })}
        onClick={() => restore.mutate(room.id, { onError: (failure) => toast(failureText(failure)) })}
      >
        {t('rooms.restore')}
      </Button>
    </li>
  )
}
