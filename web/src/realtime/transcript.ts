/**
 * The order in which a room is read: by round, the person's message first, then its answers by rank.
 *
 * Rank is the order of first tokens, so the order is the same live and after a reload. Answers without a token yet come
 * last, in the order of the seats. Where a member is answered by another model than before, a note says so. Pure.
 */
import type { Participant, TurnRef, UserMessage } from '@/contracts/protocol'

import type { EndedTurn, RunningTurn } from './room'

export type TranscriptItem =
  | { readonly kind: 'message'; readonly key: string; readonly message: UserMessage }
  /** `versions`: the highest that was asked for. */
  | { readonly kind: 'ended'; readonly key: string; readonly end: EndedTurn; readonly versions: number }
  | { readonly kind: 'running'; readonly key: string; readonly turnId: string; readonly participantId: string }
  | ({ readonly kind: 'switched'; readonly key: string } & Switch)

/** Another model answers for a member from here on. */
export interface Switch {
  readonly participantId: string
  readonly speaker: string
  readonly from: string
  readonly to: string
}

interface Placed {
  readonly place: Place
  readonly item: TranscriptItem
  /** Of an answer. */
  readonly turn: TurnRef | null
}

interface Place {
  readonly round: number
  readonly step: number
  readonly rank: number
  readonly seat: number
  readonly tie: string
}

/** A turn that waits for its first token stands behind all that have one. */
const NO_RANK = Number.MAX_SAFE_INTEGER

export function orderTranscript(
  messages: Readonly<Record<string, UserMessage>>,
  ended: Readonly<Record<string, EndedTurn>>,
  running: readonly Pick<RunningTurn, 'turn' | 'rank'>[],
  participants: readonly Participant[],
): TranscriptItem[] {
  const seats = new Map(participants.map(({ id, position }) => [id, position]))
  const placed: Placed[] = []
  for (const message of Object.values(messages)) {
    placed.push({
      place: { round: message.round, step: -1, rank: 0, seat: 0, tie: message.created_at + message.id },
      item: { kind: 'message', key: message.client_message_id, message },
      turn: null,
    })
  }
  for (const { end, versions } of shownVersions(Object.values(ended), running)) {
    placed.push({
      place: placeOf(end.turn, end.kind === 'reply' ? end.reply.rank : NO_RANK, seats),
      item: { kind: 'ended', key: end.turn.reply_id, end, versions },
      turn: end.turn,
    })
  }
  for (const { turn, rank } of running) {
    placed.push({
      place: placeOf(turn, rank ?? NO_RANK, seats),
      item: { kind: 'running', key: turn.reply_id, turnId: turn.turn_id, participantId: turn.participant_id },
      turn,
    })
  }
  return withSwitches(
    placed.toSorted((a, b) => compare(a.place, b.place)),
    participants,
  )
}

/** A switch is noted before the first round that the other model answers; at the end, while it has answered none. */
function withSwitches(placed: readonly Placed[], participants: readonly Participant[]): TranscriptItem[] {
  const last = new Map<string, TurnRef>()
  const items: TranscriptItem[] = []
  let roundBegins = 0
  let round: number | null = null
  for (const { place, item, turn } of placed) {
    if (place.round !== round) roundBegins = items.length
    round = place.round
    // An answer that was given anew may be any model's.
    if (turn && (turn.version ?? 1) === 1) {
      const before = last.get(turn.participant_id)
      if (before && before.model !== turn.model) {
        items.splice(before.round === turn.round ? items.length : roundBegins, 0, switched(before, turn.model))
        roundBegins += 1
      }
      last.set(turn.participant_id, turn)
    }
    items.push(item)
  }
  for (const { id, model_id } of participants) {
    const before = last.get(id)
    if (before && before.model !== model_id) items.push(switched(before, model_id))
  }
  return items
}

function switched(before: TurnRef, to: string): TranscriptItem {
  const { participant_id: participantId, speaker, model: from } = before
  return { kind: 'switched', key: `switch/${before.turn_id}`, participantId, speaker, from, to }
}

/** One entry per reply: the version that counts, and none while another is being written. A failed one replaces none. */
function shownVersions(
  ends: readonly EndedTurn[],
  running: readonly Pick<RunningTurn, 'turn'>[],
): Iterable<{ readonly end: EndedTurn; readonly versions: number }> {
  const rewriting = new Set(running.map(({ turn }) => turn.reply_id))
  const shown = new Map<string, { end: EndedTurn; versions: number }>()
  for (const end of ends) {
    if (rewriting.has(end.turn.reply_id)) continue
    const other = shown.get(end.turn.reply_id)
    const versions = Math.max(other?.versions ?? 1, end.turn.version ?? 1, end.kind === 'reply' ? end.versions : 1)
    shown.set(end.turn.reply_id, { end: other && !supersedes(end, other.end) ? other.end : end, versions })
  }
  return shown.values()
}

function supersedes(end: EndedTurn, other: EndedTurn): boolean {
  if (end.kind === 'reply' && other.kind === 'reply' && end.since !== other.since) return end.since > other.since
  if (end.kind !== other.kind) return end.kind === 'reply'
  return (end.turn.version ?? 1) > (other.turn.version ?? 1)
}

function placeOf(turn: RunningTurn['turn'], rank: number, seats: ReadonlyMap<string, number>): Place {
  return { round: turn.round, step: turn.step, rank, seat: seats.get(turn.participant_id) ?? NO_RANK, tie: turn.reply_id }
}

function compare(a: Place, b: Place): number {
  return a.round - b.round || a.step - b.step || a.rank - b.rank || a.seat - b.seat || (a.tie < b.tie ? -1 : 1)
}
