import { RefreshCw } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import { useRegenerate } from '@/lib/api/messages'
import { toast } from '@/ui/toasts'
import { useFailureText } from '@/ui/useFailureText'

import { QuietAction } from './QuietAction'

/** Asks the same member for another version of its answer. */
export function RegenerateButton({ replyId }: { readonly replyId: string }) {
  const { t } = useTranslation()
  const { again, busy } = useAnswerAgain(replyId)
  return (
    <QuietAction label={t('versions.another')} disabled={busy} onClick={again}>
      <RefreshCw size={15} />
    </QuietAction>
  )
}

export function useAnswerAgain(replyId: string): { readonly again: () => void; readonly busy: boolean } {
  const failureText = useFailureText()
  const regenerate = useRegenerate()
  const onError = (failure: unknown) => toast(failureText(failure))
  return { again: () => regenerate.mutate(replyId, { onError }), busy: regenerate.isPending }
}
