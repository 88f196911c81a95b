import { ThumbsDown, ThumbsUp } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import type { Reply } from '@/contracts/protocol'
import { useRate } from '@/lib/api/messages'
import { toast } from '@/ui/toasts'
import { useFailureText } from '@/ui/useFailureText'

import { QuietAction } from './QuietAction'

/** Good or bad; pressed again, it is taken back. */
export function RatingButtons({ reply }: { readonly reply: Reply }) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const rate = useRate()
  const onError = (failure: unknown) => toast(failureText(failure))
  const given = reply.feedback?.rating ?? null
  const toggle = (rating: 1 | -1) => () => {
    rate.mutate({ replyId: reply.id, version: reply.version, rating: given === rating ? null : rating }, { onError })
  }
  return (
    <>
      <QuietAction label={t('rating.good')} pressed={given === 1} disabled={rate.isPending} onClick={toggle(1)}>
        <ThumbsUp size={15} />
      </QuietAction>
      <QuietAction label={t('rating.bad')} pressed={given === -1} disabled={rate.isPending} onClick={toggle(-1)}>
        <ThumbsDown size={15} />
      </QuietAction>
    </>
  )
}
