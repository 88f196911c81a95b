/**
 * Messages that the page has said and the log has not confirmed. Pure.
 *
 * A message leaves the outbox only when `message.posted` carries its id; until then it is sent again after every
 * reconnection, always under the same `client_message_id`, so that it is stored once.
 */
import type { FailureReason } from '@/contracts/frames'
import type { FailureBody } from '@/contracts/protocol'

export interface PendingPost {
  readonly clientMessageId: string
  readonly sessionId: string
  readonly content: string
  /** Whom it asks; null is everybody. */
  readonly to: readonly string[] | null
  readonly createdAt: number
  /** When it was last put on the wire, in milliseconds; null while it never was. */
  readonly sentAt: number | null
  readonly state: 'waiting' | 'accepted' | 'refused'
  /** Why it was refused, for good or, while it waits, for the moment. */
  readonly error: FailureReason | null
}

export type Outbox = Readonly<Record<string, PendingPost>>

export function addPost(
  outbox: Outbox,
  post: Pick<PendingPost, 'clientMessageId' | 'sessionId' | 'content' | 'to' | 'createdAt'>,
): Outbox {
  return { ...outbox, [post.clientMessageId]: { ...post, sentAt: null, state: 'waiting', error: null } }
}

export function markSent(outbox: Outbox, clientMessageId: string, at: number): Outbox {
  return patch(outbox, clientMessageId, { sentAt: at })
}

export function markAccepted(outbox: Outbox, clientMessageId: string): Outbox {
  return patch(outbox, clientMessageId, { state: 'accepted', error: null })
}

/** What is only refused for the moment goes on waiting, to be sent again. */
export function markRefused(outbox: Outbox, clientMessageId: string, failure: FailureBody): Outbox {
  const { code, message, retryable } = failure
  const state = retryable ? 'waiting' : 'refused'
  return patch(outbox, clientMessageId, { state, error: { code, message, retryable } })
}

/** A person wants a refused message tried again. */
export function markWaiting(outbox: Outbox, clientMessageId: string): Outbox {
  return patch(outbox, clientMessageId, { state: 'waiting', sentAt: null, error: null })
}

/** The log has it, or its author dropped it. */
export function markPosted(outbox: Outbox, clientMessageId: string): Outbox {
  if (!(clientMessageId in outbox)) return outbox
  const { [clientMessageId]: _posted, ...rest } = outbox
  return rest
}

/** Oldest first, so that a conversation keeps its order. */
export function unconfirmed(outbox: Outbox): PendingPost[] {
  return Object.values(outbox)
    .filter(({ state }) => state !== 'refused')
    .toSorted((a, b) => a.createdAt - b.createdAt)
}

function patch(outbox: Outbox, clientMessageId: string, change: Partial<PendingPost>): Outbox {
  const post = outbox[clientMessageId]
  return post ? { ...outbox, [clientMessageId]: { ...post, ...change } } : outbox
}
