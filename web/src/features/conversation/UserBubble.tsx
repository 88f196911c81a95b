import { memo } from 'react'
import { useTranslation } from 'react-i18next'

import type { UserMessage } from '@/contracts/protocol'
import { formatTime } from '@/lib/format'

interface UserBubbleProps {
  readonly message: UserMessage
}

export const UserBubble = memo(function UserBubble({ message }: UserBubbleProps) {
  const { t, i18n } = useTranslation()
  return (
    <article aria-label={t('room.you')} data-message={message.id} tabIndex={-1} className="rounded-2xl mt-9 flex flex-col items-end first:mt-0">
      <div className="max-w-[85%] rounded-3xl rounded-br-lg bg-accent-soft px-4 py-2.5 wrap-anywhere whitespace-pre-wrap">
        {message.content}
      </div>
      <time dateTime={message.created_at} className="mt-1 pr-1.5 text-xs text-muted">
        {formatTime(message.created_at, i18n.language)}
      </time>
    </article>
  )
})
