import { Pencil } from 'lucide-react'
import { memo, useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { UserMessage } from '@/contracts/protocol'
import { formatTime } from '@/lib/format'
import { wordingsOf } from '@/realtime/branches'
import { useBranches } from '@/realtime/hooks'
import { IconButton } from '@/ui/IconButton'

import { EditMessage } from './EditMessage'
import { PinButton } from './PinButton'
import { PinMark } from './PinMark'
import { WordingSwitch } from './WordingSwitch'

interface UserBubbleProps {
  readonly sessionId: string
  readonly message: UserMessage
  readonly pinned: boolean
  /** Names of those whom it asked alone. */
  readonly asked: string
}

/** There when wanted: under the pointer, by the keyboard, and always where there is no pointer. */
const QUIET = 'group-hover/bubble:opacity-100 focus-visible:opacity-100 sm:opacity-0'

export const UserBubble = memo(function UserBubble({ sessionId, message, pinned, asked }: UserBubbleProps) {
  const { t, i18n } = useTranslation()
  const wordings = wordingsOf(message, useBranches(sessionId))
  const [editing, setEditing] = useState(false)
  return (
    <article
      aria-label={t('room.you')}
      data-message={message.id}
      tabIndex={-1}
      className="group/bubble mt-9 flex flex-col items-end rounded-2xl"
    >
      {editing ? (
        <EditMessage message={message} onDone={() => setEditing(false)} />
      ) : (
        <div className="max-w-[85%] rounded-3xl rounded-br-lg bg-accent-soft px-4 py-2.5 wrap-anywhere whitespace-pre-wrap">
          {message.content}
        </div>
      )}
      <div className="flex min-h-8 items-center gap-2 pr-1.5">
        {wordings ? <WordingSwitch sessionId={sessionId} wordings={wordings} /> : null}
        {editing ? null : (
          <IconButton small label={t('wordings.edit')} onClick={() => setEditing(true)} className={QUIET}>
            <Pencil size={15} />
          </IconButton>
        )}
        <PinButton messageId={message.id} pinned={pinned} className={QUIET} />
        {pinned ? <PinMark /> : null}
        {asked === '' ? null : <span className="text-xs text-muted">{t('mentions.asked', { names: asked })}</span>}
        <time dateTime={message.created_at} className="text-xs text-muted">
          {formatTime(message.created_at, i18n.language)}
        </time>
      </div>
    </article>
  )
})
