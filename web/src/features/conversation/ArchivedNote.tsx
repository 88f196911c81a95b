import { ArchiveRestore } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import { useArchiveSession } from '@/lib/api/sessions'
import { Button } from '@/ui/Button'
import { Callout } from '@/ui/Callout'
import { toast } from '@/ui/toasts'
import { useFailureText } from '@/ui/useFailureText'

/** Where one would write, in a room that is put away. */
export function ArchivedNote({ sessionId }: { readonly sessionId: string }) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const archive = useArchiveSession()
  const onError = (failure: unknown) => toast(failureText(failure))
  const restore = () => archive.mutate({ id: sessionId, archived: false }, { onError })
  return (
    <div className="mx-auto w-full max-w-3xl px-3 pb-[max(0.75rem,env(safe-area-inset-bottom))] sm:px-6">
      <Callout
        tone="info"
        action={
          <Button small busy={archive.isPending} icon={<ArchiveRestore size={15} />} onClick={restore}>
            {t('rooms.unarchive')}
          </Button>
        }
      >
        {t('rooms.archivedNote')}
      </Callout>
    </div>
  )
}
