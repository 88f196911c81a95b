import { type KeyboardEvent, useId, useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { UserMessage } from '@/contracts/protocol'
import { MAX_MESSAGE_CHARACTERS } from '@/contracts/rest'
import { useEdit } from '@/lib/api/messages'
import { countCodePoints } from '@/lib/codePoints'
import { usePreferences } from '@/lib/preferences'
import { useLiveState } from '@/realtime/hooks'
import { Button } from '@/ui/Button'
import { useFailureText } from '@/ui/useFailureText'

import { sends } from './sends'

interface EditMessageProps {
  readonly message: UserMessage
  readonly onDone: () => void
}

/** Whoever edits goes on where the words end. */
function takeFocus(field: HTMLTextAreaElement | null) {
  field?.focus()
  field?.setSelectionRange(field.value.length, field.value.length)
}

const FEWEST_ROWS = 2
const MOST_ROWS = 12

/** Other words for a message. What followed the first ones stays and can be shown again. */
export function EditMessage({ message, onDone }: EditMessageProps) {
  const { t } = useTranslation()
  const hint = useId()
  const failureText = useFailureText()
  const limit = useLiveState(({ limits }) => limits?.max_message_characters) ?? MAX_MESSAGE_CHARACTERS
  const sendKey = usePreferences((preferences) => preferences.sendKey)
  const [text, setText] = useState(message.content)
  const edit = useEdit()
  const words = text.trim()
  const ready = words !== '' && words !== message.content && countCodePoints(words) <= limit && !edit.isPending

  const send = () => {
    if (ready) edit.mutate({ messageId: message.id, content: words }, { onSuccess: onDone })
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') onDone()
    if (!sends(event, sendKey)) return
    event.preventDefault()
    send()
  }
  const rows = Math.min(MOST_ROWS, Math.max(FEWEST_ROWS, text.split('\n').length))
  return (
    <div className="w-full rounded-3xl border border-line-strong bg-raised px-4 py-3 focus-within:border-accent">
      <textarea
        ref={takeFocus}
        value={text}
        rows={rows}
        aria-label={t('wordings.label')}
        aria-describedby={hint}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
        className="w-full resize-y bg-transparent outline-none"
      />
      <p id={hint} role={edit.error ? 'alert' : undefined} className="text-xs text-muted">
        {edit.error ? failureText(edit.error) : t('wordings.hint')}
      </p>
      <div className="mt-2 flex justify-end gap-2">
        <Button small look="ghost" onClick={onDone}>
          {t('cancel')}
        </Button>
        <Button small look="primary" busy={edit.isPending} disabled={!ready} onClick={send}>
          {t('wordings.send')}
        </Button>
      </div>
    </div>
  )
}
