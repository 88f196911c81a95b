import { useTranslation } from 'react-i18next'

import { useLive, useLiveState } from '@/realtime/hooks'
import type { PendingPost } from '@/realtime/outbox'
import { classes } from '@/ui/classes'
import { useFailureText } from '@/ui/useFailureText'

/** A message that is not in the log yet: on its way, waiting for a connection, or refused. */
export function PendingMessage({ post }: { readonly post: PendingPost }) {
  const { t } = useTranslation()
  const live = useLive()
  const failureText = useFailureText()
  const online = useLiveState(({ status }) => status.phase === 'online')
  const refused = post.state === 'refused'
  const kept = refused || post.error !== null
  const waiting = online ? t(kept ? 'room.triesAgain' : 'room.sending') : t('room.waitsForConnection')
  return (
    <article aria-label={t('room.you')} data-pending={post.state} className="mt-9 flex flex-col items-end">
      <div
        className={classes(
          'max-w-[85%] rounded-3xl rounded-br-lg px-4 py-2.5 wrap-anywhere whitespace-pre-wrap',
          refused ? 'bg-danger-soft' : 'bg-accent-soft opacity-70',
        )}
      >
        {post.content}
      </div>
      <p role={refused ? 'alert' : undefined} className="mt-1 flex flex-wrap justify-end gap-x-3 pr-1.5 text-xs text-muted">
        {refused ? <span className="text-danger">{failureText(post.error)}</span> : null}
        {refused ? null : <span>{waiting}</span>}
        {refused ? (
          <button type="button" className="font-medium text-ink underline" onClick={() => live.retryPost(post.clientMessageId)}>
            {t('tryAgain')}
          </button>
        ) : null}
        {kept ? (
          <button type="button" className="font-medium text-ink underline" onClick={() => live.discardPost(post.clientMessageId)}>
            {t('room.discard')}
          </button>
        ) : null}
      </p>
    </article>
  )
}
