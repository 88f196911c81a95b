import { useTranslation } from 'react-i18next'

import type { SessionView } from '@/contracts/protocol'
import { allMessages } from '@/lib/api/sessions'
import { roomTitle } from '@/lib/roomTitle'
import { saveFile } from '@/lib/saveFile'
import { toast } from '@/ui/toasts'
import { useFailureText } from '@/ui/useFailureText'

import { fileName, transcriptText } from './transcriptText'

/** Gives the person what a room shows, as Markdown to read or as JSON with every figure. */
export function useExport(room: SessionView): (format: 'md' | 'json') => void {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const title = roomTitle(room, t('rooms.untitled'))
  return (format) => {
    allMessages(room.id).then(
      (items) => {
        const text =
          format === 'json'
            ? JSON.stringify({ session: room, messages: items }, null, 2)
            : transcriptText(title, items, { you: t('room.you'), failed: t('rooms.noAnswer') })
        const type = format === 'json' ? 'application/json' : 'text/markdown;charset=utf-8'
        saveFile(fileName(title, format), new Blob([text], { type }))
      },
      (failure: unknown) => toast(failureText(failure)),
    )
  }
}
