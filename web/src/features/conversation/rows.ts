/** What stands in the transcript, one row each, and how high it will be about. Pure. */
import { type Cells, compared } from '@/realtime/columns'
import type { PendingPost } from '@/realtime/outbox'
import type { RoomState } from '@/realtime/room'
import type { TranscriptItem } from '@/realtime/transcript'

type LastRoundEnd = NonNullable<RoomState['lastRoundEnd']>

export type Row =
  | { readonly kind: 'item'; readonly key: string; readonly item: TranscriptItem }
  /** Answers side by side: all between two messages. */
  | { readonly kind: 'answers'; readonly key: string; readonly cells: Cells }
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
  /** Answers stand side by side. */
  readonly comparing?: boolean
}

export function rowsOf({ items, pending, earlier, lastRoundEnd, comparing = false }: Standing): Row[] {
  if (items.length + pending.length === 0) return []
  return [
    ...(earlier ? [{ kind: 'earlier', key: 'earlier' } as const] : []),
    ...(comparing ? rowsCompared(items) : items.map((item): Row => ({ kind: 'item', key: item.key, item }))),
    ...pending.map((post): Row => ({ kind: 'pending', key: post.clientMessageId, post })),
    ...roundEnds(lastRoundEnd),
  ]
}

function rowsCompared(items: readonly TranscriptItem[]): Row[] {
  return compared(items).map((row) => (row.kind === 'message' ? { kind: 'item', key: row.item.key, item: row.item } : row))
}

function roundEnds(end: RoomState['lastRoundEnd']): Row[] {
  if (end === null || end.reason === 'completed') return []
  return [{ kind: 'roundEnd', key: `round/${end.round}`, reason: end.reason }]
}

/** The row of a message or reply, or -1. */
export function indexOfMessage(rows: readonly Row[], messageId: string): number {
  return rows.findIndex((row) => {
    const items = row.kind === 'item' ? [row.item] : row.kind === 'answers' ? [...row.cells.values()].flat() : []
    return items.some((item) => messageIdOf(item) === messageId)
  })
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
  if (row.kind === 'answers') {
    // A column has half a screen, or less.
    const heights = [...row.cells.values()].map((items) => items.reduce((sum, item) => sum + 2 * itemHeight(item), 0))
    return Math.max(0, ...heights)
  }
  if (row.kind !== 'item') return row.kind === 'pending' ? AROUND_PX : 0
  return itemHeight(row.item)
}

function itemHeight(item: TranscriptItem): number {
  if (item.kind === 'message') return AROUND_PX + heightOf(item.message.content)
  if (item.kind === 'ended' && item.end.kind === 'reply') return AROUND_PX + heightOf(item.end.reply.text)
  return AROUND_PX
}

function heightOf(text: string): number {
  return Math.ceil(text.length / LINE_CHARACTERS) * LINE_PX
}
