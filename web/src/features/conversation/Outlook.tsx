import { useTranslation } from 'react-i18next'

import type { ParticipantUsage } from '@/contracts/protocol'
import type { ModelCard } from '@/contracts/rest'
import { formatCompact } from '@/lib/format'
import { useContextUsage } from '@/realtime/hooks'
import { Callout } from '@/ui/Callout'

import { outlookOf } from './foresight'

interface OutlookProps {
  readonly sessionId: string
  readonly model: ModelCard
  /** How it is with the present model. */
  readonly usage: ParticipantUsage | undefined
}

/** What another model would see of the conversation, beside what the present one sees. */
export function Outlook({ sessionId, model, usage }: OutlookProps) {
  const { t, i18n } = useTranslation()
  const conversation = useContextUsage(sessionId)?.session
  if (!conversation || conversation.messages === 0) return null
  const { room, unseen } = outlookOf(model, conversation)
  const compact = (value: number) => formatCompact(value, i18n.language)
  const sizes = { tokens: compact(conversation.tokens), room: compact(room) }
  const now = usage?.left_out ?? 0
  return (
    <Callout tone={unseen > 0 ? 'warn' : 'info'}>
      {unseen > 0
        ? t('switch.losesSight', { ...sizes, name: model.display_name, count: unseen, all: conversation.messages })
        : t('switch.seesAll', { ...sizes, name: model.display_name })}{' '}
      <span className="opacity-80">{now > 0 ? t('switch.nowUnseen', { count: now }) : t('switch.nowAll')}</span>
    </Callout>
  )
}
