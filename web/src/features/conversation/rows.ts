/** What stands in the transcript, one row each, and how high it will be about. Pure. */
import type { PendingPost } from '@/realtime/outbox'
import type { RoomState } from '@/realtime/room'
import type { TranscriptItem } from '@/realtime/transcript'

type LastRoundEnd = NonNullable<RoomState['lastRoundEnd']>

export type Row =
  | { readonly kind: 'item'; readonly key: string; readonly item: TranscriptItem }
  /** A message that the log does not have yet; the same row when it has. */
  | { readonly kind: 'pending'; readonly key: string; readonly post: PendingPost }
  /** The way to what was said before. */
  | { readonly kind: 'earlier'; readonly key: 'earlier' }
  /** How the last round ended, where that was otherwise than by everyone having answered. */
  | { readonly kind: 'roundEnd'; readonly key: string; readonly reason: Exclude<LastRoundEnd['reason'], 'completed'> }

export interface Standing {
  readonly items: readonly TranscriptItem[]
  readonly pending: readonly PendingPost[]
  /** Whether there is anything before the first item. */
  readonly earlier: boolean
  readonly lastRoundEnd: RoomState['lastRoundEnd']
}

export function rowsOf({ items, pending, earlier, lastRoundEnd }: Standing): Row[] {
  if (items.length + pending.length === 0) return []
  return [
    ...(earlier ? [{ kind: 'earlier', key: 'earlier' } as const] : []),
    ...items.map((item): Row => ({ kind: 'item', key: item.key, item })),
    ...pending.map((post): Row => ({ kind: 'pending', key: post.clientMessageId, post })),
    ...roundEnds(lastRoundEnd),
  ]
}

function roundEnds(end: RoomState['lastRoundEnd']): Row[] {
  if (end === null || end.reason === 'completed') return []
  return [{ kind: 'roundEnd', key: `round/${end.round}`, reason: end.reason }]
}

/** The row of a message or reply, or -1. */
export function indexOfMessage(rows: readonly Row[], messageId: string): number {
  return rows.findIndex((row) => row.kind === 'item' && messageIdOf(row.item) === messageId)
}

export function messageIdOf(item: TranscriptItem): string | null {
  if (item.kind === 'message') return item.message.id
  return item.kind === 'ended' ? item.end.turn.reply_id : null
}

const LINE_PX = 26
/** About as many characters as stand in a line on a wide screen. */
const LINE_CHARACTERS = 80
/** Name above, figures below, distance to the row before. */
const AROUND_PX = 96

/** Rows that were never on the screen are not measured; the nearer this is, the steadier the scroll bar. */
export function estimatedHeight(row: Row): number {
  if (row.kind !== 'item') return row.kind === 'pending' ? AROUND_PX : 0
  const { item } = row
  if (item.kind === 'message') return AROUND_PX + heightOf(item.message.content)
  if (item.kind === 'ended' && item.end.kind === 'reply') return AROUND_PX + heightOf(item.end.reply.text)
  return AROUND_PX
}

function heightOf(text: string): number {
  return Math.ceil(text.length / LINE_CHARACTERS) * LINE_PX
}
