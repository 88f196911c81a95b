/** A room as it was, for whoever has a link to it: to be read only, by people without an account. */
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'

import type { SharedPage as Page, SharedMessage, SharedSpeaker } from '@/contracts/rest'
import { ApiFailure } from '@/lib/api/call'
import { useShared } from '@/lib/api/shares'
import { formatDate, formatTime } from '@/lib/format'
import { Avatar, memberStyle } from '@/ui/Avatar'
import { Button } from '@/ui/Button'
import { Callout } from '@/ui/Callout'
import { Wordmark } from '@/ui/Wordmark'
import { AnswerText } from '@/ui/markdown/AnswerText'
import { useFailureText } from '@/ui/useFailureText'

export function SharedPage({ token }: { readonly token: string }) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const shared = useShared(token)
  const first = shared.data?.pages[0]
  useTitle(first?.title)
  return (
    <div className="scroll-quiet h-dvh overflow-y-auto bg-canvas">
      <header className="border-b border-line bg-surface">
        <div className="mx-auto flex max-w-3xl items-center justify-between gap-4 px-5 py-3">
          <Wordmark />
          <span className="text-xs text-muted">{t('shared.readOnly')}</span>
        </div>
      </header>
      <main className="mx-auto max-w-3xl px-5 pt-10 pb-20">
        {first ? (
          <Transcript first={first} messages={shared.data?.pages.flatMap(({ messages }) => messages) ?? []} />
        ) : null}
        {shared.isPending ? <Loading /> : null}
        {shared.isError ? (
          <Problem
            gone={shared.error instanceof ApiFailure && shared.error.code === 'NOT_FOUND'}
            text={failureText(shared.error)}
            onRetry={() => void (first ? shared.fetchNextPage() : shared.refetch())}
          />
        ) : null}
        {shared.hasNextPage && !shared.isError ? (
          <div className="mt-10 flex justify-center">
            <Button busy={shared.isFetchingNextPage} onClick={() => void shared.fetchNextPage()}>
              {t('shared.more')}
            </Button>
          </div>
        ) : null}
      </main>
    </div>
  )
}

function useTitle(title: string | undefined): void {
  useEffect(() => {
    const before = document.title
    if (title) document.title = `${title} · Palaver`
    return () => {
      document.title = before
    }
  }, [title])
}

function Transcript({ first, messages }: { readonly first: Page; readonly messages: readonly SharedMessage[] }) {
  const { t, i18n } = useTranslation()
  const date = formatDate(first.shared_at, i18n.language)
  return (
    <>
      <h1 className="font-serif text-[1.875rem] leading-tight font-medium tracking-[-0.015em] wrap-anywhere">
        {first.title || t('rooms.untitled')}
      </h1>
      <p className="mt-1.5 text-sm text-muted">{t('shared.asOf', { date })}</p>
      <Prompts page={first} />
      <div className="mt-8">
        {messages.map((message, place) => (
          // A snapshot: nothing moves in it, so that places are keys.
          // oxlint-disable-next-line react/no-array-index-key
          <Said key={place} message={message} speaker={message.speaker === null ? null : first.speakers[message.speaker]} />
        ))}
      </div>
    </>
  )
}

function Prompts({ page }: { readonly page: Page }) {
  const { t } = useTranslation()
  const prompts = [
    ...(page.system_prompt ? [{ whose: t('shared.ofRoom'), text: page.system_prompt }] : []),
    ...page.speakers.flatMap(({ name, system_prompt }) => (system_prompt ? [{ whose: name, text: system_prompt }] : [])),
  ]
  if (prompts.length === 0) return null
  return (
    <details className="mt-5 rounded-2xl border border-line bg-surface px-4 py-3 text-sm">
      <summary className="cursor-pointer font-medium">{t('shared.prompts')}</summary>
      <dl className="mt-2 flex flex-col gap-3">
        {prompts.map(({ whose, text }) => (
          <div key={whose}>
            <dt className="text-muted">{whose}</dt>
            <dd className="wrap-anywhere whitespace-pre-wrap">{text}</dd>
          </div>
        ))}
      </dl>
    </details>
  )
}

interface SaidProps {
  readonly message: SharedMessage
  readonly speaker: SharedSpeaker | null | undefined
}

function Said({ message, speaker }: SaidProps) {
  const { t, i18n } = useTranslation()
  const time = (
    <time dateTime={message.at} className="text-xs text-muted">
      {formatTime(message.at, i18n.language)}
    </time>
  )
  if (!speaker) {
    return (
      <article aria-label={t('shared.person')} className="mt-9 flex flex-col items-end gap-1.5 first:mt-0">
        <div className="max-w-[85%] rounded-3xl rounded-br-lg bg-accent-soft px-4 py-2.5 wrap-anywhere whitespace-pre-wrap">
          {message.text}
        </div>
        {time}
      </article>
    )
  }
  return (
    <article
      aria-label={speaker.name}
      style={memberStyle(speaker.color)}
      className="mt-7 grid grid-cols-[2.25rem_minmax(0,1fr)] gap-x-3.5"
    >
      <Avatar name={speaker.name} color={speaker.color} />
      <div className="min-w-0">
        <header className="flex min-h-9 items-center gap-2.5">
          <span className="text-member truncate text-[0.9375rem] font-semibold">{speaker.name}</span>
          {message.model && message.model !== speaker.name ? (
            <span className="truncate text-xs text-muted">{message.model}</span>
          ) : null}
          <span className="ml-auto shrink-0">{time}</span>
        </header>
        <AnswerText source={message.text} />
        {message.finish_reason && message.finish_reason !== 'stop' ? (
          <p className="mt-2 inline-flex rounded-lg bg-warn-soft px-2.5 py-1 text-[0.8125rem] text-warn">
            {t(`finish.${message.finish_reason}`)}
          </p>
        ) : null}
      </div>
    </article>
  )
}

function Loading() {
  const { t } = useTranslation()
  return (
    <div role="status" aria-label={t('room.opening')} className="flex flex-col gap-5 pt-4">
      {[72, 90, 60].map((width) => (
        <span key={width} className="h-3 animate-pulse rounded-full bg-sunken" style={{ width: `${width}%` }} />
      ))}
    </div>
  )
}

interface ProblemProps {
  readonly gone: boolean
  readonly text: string
  readonly onRetry: () => void
}

function Problem({ gone, text, onRetry }: ProblemProps) {
  const { t } = useTranslation()
  if (gone) {
    return (
      <div className="pt-16 text-center">
        <h1 className="font-serif text-2xl font-medium">{t('shared.gone')}</h1>
        <p className="mx-auto mt-3 max-w-sm text-muted">{t('shared.goneHint')}</p>
      </div>
    )
  }
  return (
    <div className="mt-8">
      <Callout
        tone="danger"
        urgent
        action={
          <Button small onClick={onRetry}>
            {t('tryAgain')}
          </Button>
        }
      >
        {text}
      </Callout>
    </div>
  )
}
