/** Who has a column where answers stand side by side, and what is in it. Pure. */
import type { Participant } from '@/contracts/protocol'

import type { TranscriptItem } from './transcript'

export interface Column {
  /** The member's. */
  readonly id: string
  readonly name: string
  /** Of those who are in the room now. */
  readonly seat: Participant | undefined
}

/** Member → what is theirs, in the order in which it is read. */
export type Cells = ReadonlyMap<string, readonly TranscriptItem[]>

/** A person's message stands across all columns. */
export type Compared =
  | { readonly kind: 'message'; readonly item: TranscriptItem }
  | { readonly kind: 'answers'; readonly key: string; readonly cells: Cells }

/** Members in the order of their seats; behind them those who have left and are still to be read. */
export function columnsOf(items: readonly TranscriptItem[], participants: readonly Participant[]): Column[] {
  const columns = new Map(participants.map((seat): [string, Column] => [seat.id, { id: seat.id, name: seat.name, seat }]))
  for (const item of items) {
    if (item.kind !== 'ended') continue
    const { participant_id: id, speaker: name } = item.end.turn
    if (!columns.has(id)) columns.set(id, { id, name, seat: undefined })
  }
  return [...columns.values()]
}

/** The same items, but what comes between two messages stands together. */
export function compared(items: readonly TranscriptItem[]): Compared[] {
  const all: Compared[] = []
  let key = 'answers/first'
  let cells: Map<string, TranscriptItem[]> | null = null
  for (const item of items) {
    const id = memberOf(item)
    if (id === null) {
      all.push({ kind: 'message', item })
      key = `answers/${item.key}`
      cells = null
    } else {
      if (cells === null) {
        cells = new Map<string, TranscriptItem[]>()
        all.push({ kind: 'answers', key, cells })
      }
      cells.set(id, [...(cells.get(id) ?? []), item])
    }
  }
  return all
}

function memberOf(item: TranscriptItem): string | null {
  if (item.kind === 'message') return null
  return item.kind === 'ended' ? item.end.turn.participant_id : item.participantId
}
