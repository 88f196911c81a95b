import { Check, Copy, Quote } from 'lucide-react'
import { memo, useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { Participant, Reply, TurnRef } from '@/contracts/protocol'
import { keepDraft, useDrafts } from '@/lib/drafts'
import { formatCost, formatCount, formatShare, formatTime } from '@/lib/format'
import { AnswerText } from '@/ui/markdown/AnswerText'
import { fillOf } from '@/ui/Meter'
import { classes } from '@/ui/classes'

import { PinButton } from './PinButton'
import { PinMark } from './PinMark'
import { QuietAction } from './QuietAction'
import { RatingButtons } from './RatingButtons'
import { RegenerateButton } from './RegenerateButton'
import { ReplyFrame } from './ReplyFrame'
import { VersionSwitch } from './VersionSwitch'
import { withQuote } from './mentions'

interface FinishedReplyProps {
  readonly sessionId: string
  readonly turn: TurnRef
  readonly reply: Reply
  readonly seat: Participant | undefined
  readonly pinned: boolean
  /** The highest version that was asked for. */
  readonly versions: number
}

export const FinishedReply = memo(function FinishedReply({ sessionId, turn, reply, seat, pinned, versions }: FinishedReplyProps) {
  const { t } = useTranslation()
  return (
    <ReplyFrame
      turn={turn}
      seat={seat}
      state="done"
      model={reply.model}
      aside={
        <>
          {versions > 1 ? <VersionSwitch reply={reply} asked={versions} /> : null}
          <PinButton messageId={reply.id} pinned={pinned} className={QUIET} />
          {seat ? <RegenerateButton replyId={reply.id} /> : null}
          <RatingButtons reply={reply} />
          <QuoteButton sessionId={sessionId} text={reply.text} />
          <CopyButton text={reply.text} />
          {pinned ? <PinMark /> : null}
        </>
      }
    >
      <AnswerText source={reply.text} />
      {reply.finish_reason === 'stop' ? null : (
        <p className="mt-2 inline-flex rounded-lg bg-warn-soft px-2.5 py-1 text-[0.8125rem] text-warn">
          {t(`finish.${reply.finish_reason}`)}
        </p>
      )}
      <Figures reply={reply} />
    </ReplyFrame>
  )
})

/** There when wanted: under the pointer, by the keyboard, and always where there is no pointer. */
const QUIET = 'group-hover/reply:opacity-100 focus-visible:opacity-100 sm:opacity-0'

const FILL_TEXT = { ok: '', amber: 'text-warn', red: 'text-danger' } as const

/** Time, tokens, cost and how full the window was, as far as they are known. */
function Figures({ reply }: { readonly reply: Reply }) {
  const { t, i18n } = useTranslation()
  const language = i18n.language
  const { usage, cost, context } = reply
  return (
    <p className="mt-2 flex flex-wrap gap-x-3 gap-y-0.5 text-xs text-muted tabular-nums">
      <time dateTime={reply.created_at}>{formatTime(reply.created_at, language)}</time>
      {usage ? (
        <span title={t('figures.tokensHint')}>
          {t(usage.estimated ? 'figures.tokensEstimated' : 'figures.tokens', {
            input: formatCount(usage.tokens_input, language),
            output: formatCount(usage.tokens_output, language),
          })}
        </span>
      ) : null}
      {cost === null || cost === undefined ? null : <span>{formatCost(Number(cost), language)}</span>}
      {context && context.maximum > 0 ? (
        <span className={classes(FILL_TEXT[fillOf(context.used, context.maximum)])}>
          {t('figures.context', { share: formatShare(context.used / context.maximum, language) })}
        </span>
      ) : null}
    </p>
  )
}

function QuoteButton({ sessionId, text }: { readonly sessionId: string; readonly text: string }) {
  const { t } = useTranslation()
  const quote = () => {
    keepDraft(sessionId, withQuote(useDrafts.getState()[sessionId] ?? '', text))
    document.querySelector<HTMLTextAreaElement>('[data-composer]')?.focus()
  }
  return (
    <QuietAction label={t('quote')} onClick={quote}>
      <Quote size={15} />
    </QuietAction>
  )
}

const SHOWN_FOR_MS = 1_600

function CopyButton({ text }: { readonly text: string }) {
  const { t } = useTranslation()
  const [copied, setCopied] = useState(false)
  if (!navigator.clipboard) return null
  const copy = async () => {
    await navigator.clipboard.writeText(text)
    setCopied(true)
    setTimeout(() => setCopied(false), SHOWN_FOR_MS)
  }
  return (
    <QuietAction label={copied ? t('copied') : t('copy')} onClick={() => void copy()}>
      {copied ? <Check size={15} /> : <Copy size={15} />}
    </QuietAction>
  )
}
