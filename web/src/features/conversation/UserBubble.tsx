import { memo } from 'react'
import { useTranslation } from 'react-i18next'

import type { UserMessage } from '@/contracts/protocol'
import { formatTime } from '@/lib/format'

import { PinButton } from './PinButton'
import { PinMark } from './PinMark'

interface UserBubbleProps {
  readonly message: UserMessage
  readonly pinned: boolean
}

export const UserBubble = memo(function UserBubble({ message, pinned }: UserBubbleProps) {
  const { t, i18n } = useTranslation()
  return (
    <article aria-label={t('room.you')} data-message={message.id} tabIndex={-1} className="group/bubble mt-9 flex flex-col items-end rounded-2xl first:mt-0">
      <div className="max-w-[85%] rounded-3xl rounded-br-lg bg-accent-soft px-4 py-2.5 wrap-anywhere whitespace-pre-wrap">
        {message.content}
      </div>
      <div className="flex min-h-8 items-center gap-2 pr-1.5">
        <PinButton
          messageId={message.id}
          pinned={pinned}
          className="group-hover/bubble:opacity-100 focus-visible:opacity-100 sm:opacity-0"
        />
        {pinned ? <PinMark /> : null}
        <time dateTime={message.created_at} className="text-xs text-muted">
          {formatTime(message.created_at, i18n.language)}
        </time>
      </div>
    </article>
  )
})
