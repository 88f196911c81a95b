import { ArrowUp, Square } from 'lucide-react'
import { type KeyboardEvent, useLayoutEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'

import type { SessionView } from '@/contracts/protocol'
import { MAX_MESSAGE_CHARACTERS } from '@/contracts/rest'
import { countCodePoints } from '@/lib/codePoints'
import { keepDraft, useDrafts } from '@/lib/drafts'
import { formatCount } from '@/lib/format'
import { type SendKey, usePreferences } from '@/lib/preferences'
import { useIsStoppingAll, useLive, useLiveState, useMembers } from '@/realtime/hooks'
import { Button } from '@/ui/Button'
import { classes } from '@/ui/classes'

import { MENTION_LIST, MentionList, optionId } from './MentionList'
import { RunningBar } from './RunningBar'
import { addressed } from './mentions'
import { sends } from './sends'
import { useMentions } from './useMentions'
import { useStop } from './useStop'

/** Beyond this height the text scrolls, in pixels. */
const MAX_HEIGHT = 240
/** From this share of the limit on, the length is shown. */
const COUNT_FROM = 0.9

interface ComposerProps {
  readonly session: SessionView
  readonly onAddMembers: () => void
}

export function Composer({ session, onAddMembers }: ComposerProps) {
  const { t } = useTranslation()
  const live = useLive()
  const limit = useLiveState(({ limits }) => limits?.max_message_characters) ?? MAX_MESSAGE_CHARACTERS
  const members = useMembers(session.id)
  const text = useDrafts((drafts) => drafts[session.id]) ?? ''
  const input = useAutoHeight(text)
  const stop = useStop(session.id)
  const stopping = useIsStoppingAll(session.id)
  const sendKey = usePreferences((preferences) => preferences.sendKey)
  const running = members.some((member) => member.turnId !== null)
  const length = text.length > limit * COUNT_FROM ? countCodePoints(text) : 0
  const listeners = members.filter(({ participant }) => !participant.muted).length
  const speaking = session.participants.filter(({ muted }) => !muted)
  const mentions = useMentions(input, text, speaking, (words) => keepDraft(session.id, words))
  const { completion } = mentions
  const asked = addressed(text, speaking)
  const ready = text.trim() !== '' && length <= limit && listeners > 0

  const send = () => {
    if (!ready) return
    const words = text.trim()
    live.post(session.id, words, addressed(words, speaking))
    keepDraft(session.id, '')
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (mentions.onKeyDown(event) || !sends(event, sendKey)) return
    event.preventDefault()
    send()
  }

  return (
    <div className="mx-auto w-full max-w-3xl px-3 pb-[max(0.75rem,env(safe-area-inset-bottom))] sm:px-6">
      {session.participants.length > 1 ? <RunningBar sessionId={session.id} /> : null}
      <div className="relative rounded-[26px] border border-line-strong bg-raised shadow-raised transition-colors focus-within:border-accent">
        {completion ? (
          <MentionList
            completion={completion}
            seats={session.participants}
            active={mentions.active}
            onChoose={mentions.choose}
          />
        ) : null}
        <textarea
          ref={input}
          data-composer
          rows={1}
          value={text}
          aria-label={t('room.write')}
          aria-describedby="composer-hint"
          aria-autocomplete="list"
          aria-controls={completion ? MENTION_LIST : undefined}
          aria-activedescendant={completion ? optionId(completion.members[mentions.active]?.id ?? '') : undefined}
          placeholder={t('room.writeTo', { count: listeners })}
          onChange={(event) => keepDraft(session.id, event.target.value)}
          onKeyDown={onKeyDown}
          onSelect={mentions.onCaret}
          className="scroll-quiet block w-full resize-none bg-transparent px-5 pt-3.5 pb-1 leading-relaxed focus:outline-none"
        />
        <div className="flex items-center gap-2 pr-2 pb-2 pl-5">
          <Hint
            length={length}
            limit={limit}
            listening={listeners > 0}
            empty={members.length === 0}
            sendKey={sendKey}
            asked={asked ? speaking.filter(({ id }) => asked.includes(id)).map(({ name }) => name) : []}
            onAddMembers={onAddMembers}
          />
          {running ? (
            <Button
              small
              busy={stopping}
              icon={<Square size={12} fill="currentColor" />}
              onClick={() => stop()}
              className="min-w-28 rounded-full!"
            >
              {t(stopping ? 'status.stopping' : 'stop.all')}
            </Button>
          ) : null}
          <button
            type="button"
            aria-label={t('room.send')}
            disabled={!ready}
            onClick={send}
            className="inline-flex size-9 shrink-0 items-center justify-center rounded-full bg-accent text-on-accent transition-colors hover:bg-accent-hover disabled:bg-sunken disabled:text-muted"
          >
            <ArrowUp size={19} strokeWidth={2.4} />
          </button>
        </div>
      </div>
    </div>
  )
}

function useAutoHeight(text: string) {
  const input = useRef<HTMLTextAreaElement>(null)
  useLayoutEffect(() => {
    const element = input.current
    if (!element) return
    element.style.height = 'auto'
    element.style.height = `${Math.min(MAX_HEIGHT, element.scrollHeight)}px`
    element.style.overflowY = element.scrollHeight > MAX_HEIGHT ? 'auto' : 'hidden'
    // The text is what the height is measured of, through the element.
    // oxlint-disable-next-line react/exhaustive-effect-dependencies
  }, [text])
  return input
}

interface HintProps {
  readonly length: number
  readonly limit: number
  readonly listening: boolean
  readonly empty: boolean
  readonly sendKey: SendKey
  /** Names of those whom the message asks alone. */
  readonly asked: readonly string[]
  readonly onAddMembers: () => void
}

function Hint({ length, limit, listening, empty, sendKey, asked, onAddMembers }: HintProps) {
  const { t, i18n } = useTranslation()
  if (!listening) {
    return (
      <p id="composer-hint" className="min-w-0 flex-1 truncate text-[0.8125rem] text-warn">
        {empty ? t('room.nobodyListens') : t('room.allMuted')}{' '}
        {empty ? (
          <button type="button" onClick={onAddMembers} className="font-medium underline underline-offset-2">
            {t('members.add')}
          </button>
        ) : null}
      </p>
    )
  }
  if (length > 0) {
    const [used, most] = [length, limit].map((value) => formatCount(value, i18n.language))
    return (
      <p
        id="composer-hint"
        role="status"
        className={classes('min-w-0 flex-1 text-[0.8125rem] tabular-nums', length > limit ? 'text-danger' : 'text-muted')}
      >
        {t('room.length', { used, most })}
      </p>
    )
  }
  if (asked.length > 0) {
    return (
      <p id="composer-hint" role="status" className="min-w-0 flex-1 truncate text-xs text-muted">
        {t('mentions.only', { names: new Intl.ListFormat(i18n.language).format(asked) })}
      </p>
    )
  }
  return (
    <p id="composer-hint" className="min-w-0 flex-1 truncate text-xs text-muted max-sm:invisible">
      {t(sendKey === 'enter' ? 'room.enterHint' : 'room.modEnterHint')}
    </p>
  )
}
