import { useTranslation } from 'react-i18next'

import type { Participant } from '@/contracts/protocol'
import { useIsStopping, useRunningTurn } from '@/realtime/hooks'
import { AnswerText } from '@/ui/markdown/AnswerText'

import { ReplyFrame } from './ReplyFrame'

interface RunningReplyProps {
  readonly sessionId: string
  readonly turnId: string
  readonly seat: Participant | undefined
}

export function RunningReply({ sessionId, turnId, seat }: RunningReplyProps) {
  const { t } = useTranslation()
  const stopping = useIsStopping(turnId)
  const running = useRunningTurn(sessionId, turnId)
  if (!running) return null
  const { turn, answer } = running
  return (
    <ReplyFrame
      turn={turn}
      seat={seat}
      state="running"
      aside={stopping ? <span className="text-xs text-muted">{t('status.stopping')}</span> : null}
    >
      {answer.length > 0 ? (
        <div className="streaming">
          <AnswerText source={answer.text} growing />
        </div>
      ) : (
        <Thinking label={t('room.isThinking', { name: turn.speaker })} />
      )}
    </ReplyFrame>
  )
}

const DOTS = ['first', 'second', 'third'] as const

function Thinking({ label }: { readonly label: string }) {
  return (
    <span role="img" aria-label={label} className="inline-flex h-6 items-center gap-1.5">
      {DOTS.map((dot, index) => (
        <span
          key={dot}
          className="bg-member animate-breathe size-1.5 rounded-full"
          style={{ animationDelay: `${index * 0.16}s` }}
        />
      ))}
    </span>
  )
}
