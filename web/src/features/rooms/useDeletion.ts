import { useTranslation } from 'react-i18next'

import { useDeleteSession, useRestoreSession } from '@/lib/api/sessions'
import { toast } from '@/ui/toasts'
import { useFailureText } from '@/ui/useFailureText'

/** Deletes a room at once, and offers to take it back: nobody is asked what most answer with yes. */
export function useDeletion(onDeleted: () => void): (sessionId: string, title: string) => void {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const remove = useDeleteSession()
  const restore = useRestoreSession()
  const onError = (failure: unknown) => toast(failureText(failure))
  return (sessionId, title) => {
    const undo = () => restore.mutate(sessionId, { onError })
    // By the promise: the row that asked goes with its room, and with it what `mutate` would call.
    remove.mutateAsync(sessionId).then(() => {
      onDeleted()
      toast(t('rooms.deletedToast', { title }), { label: t('rooms.undo'), run: undo })
    }, onError)
  }
}
