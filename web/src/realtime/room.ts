/**
 * One room as the page knows it: what is settled, what is running, and where the log stands.
 *
 * Pure. A log entry is applied only if it is the very next one; anything else marks the room `stale`, and whoever owns
 * the connection attaches again. Deltas touch `running` only, so a long history costs nothing while answers stream.
 */
import type { FailureReason, MessageItem, RoundEnd, SessionEvent } from '@/contracts/frames'
import type {
  Attached,
  Branch,
  ContextUsage,
  Delta,
  FeedbackChange,
  LiveTurn,
  Participant,
  Reply,
  SessionView,
  TurnEnd,
  TurnRef,
  UserMessage,
} from '@/contracts/protocol'

import { type AnswerText, NO_TEXT, addPiece } from './answerText'

export interface RunningTurn {
  readonly turn: TurnRef
  readonly answer: AnswerText
  readonly reasoning: AnswerText
  /** Place inside the round, known from the first token on. */
  readonly rank: number | null
}

export type EndedTurn = EndedReply | { readonly kind: 'failed'; readonly turn: TurnRef; readonly error: FailureReason }

export interface EndedReply {
  readonly kind: 'reply'
  readonly turn: TurnRef
  readonly reply: Reply
  /** The log entry that made it the version that counts; 0 on a page. Of several versions the latest such counts. */
  readonly since: number
  /** The highest version that was asked for when this one came here. */
  readonly versions: number
}

export interface RoomState {
  readonly sessionId: string
  readonly epoch: string
  readonly headSeq: number
  readonly session: SessionView
  readonly messages: Readonly<Record<string, UserMessage>>
  /** Ids of pinned messages and replies, also of such as no page has brought yet, in the order of their pinning. */
  readonly pinned: readonly string[]
  /** All of the room, oldest first; `session.path` says which are shown. */
  readonly branches: readonly Branch[]
  readonly ended: Readonly<Record<string, EndedTurn>>
  readonly running: Readonly<Record<string, RunningTurn>>
  /** Why the newest round ended, until the next one starts. */
  readonly lastRoundEnd: { readonly round: number; readonly reason: RoundEnd } | null
  readonly usage: ContextUsage | null
  /** How many changes of the room's summaries were heard of: whoever shows them reads them anew. */
  readonly summaryChanges: number
  readonly deleted: boolean
  /**
   * What is missing. Log entries or a piece of a running answer: attach again from `headSeq`. What was said on another
   * path: attach anew.
   */
  readonly stale: 'log' | 'text' | 'path' | null
}

/** The room after an answer to `attach`. */
export function attachRoom(previous: RoomState | undefined, frame: Attached): RoomState {
  const resumed = frame.recovered && previous?.epoch === frame.epoch ? resume(previous, frame) : restart(previous, frame)
  return withRunning(resumed, frame.running ?? [], frame.live ?? [])
}

function resume(previous: RoomState, frame: Attached): RoomState {
  let room: RoomState = { ...previous, stale: null }
  for (const entry of frame.entries ?? []) room = applyEvent(room, entry)
  return { ...room, session: frame.session, stale: room.headSeq < frame.head_seq ? 'log' : null }
}

function restart(previous: RoomState | undefined, frame: Attached): RoomState {
  const room: RoomState = {
    sessionId: frame.session_id,
    epoch: frame.epoch,
    headSeq: frame.head_seq,
    session: frame.session,
    messages: {},
    pinned: frame.pinned ?? [],
    branches: frame.branches ?? [],
    ended: {},
    running: {},
    lastRoundEnd: null,
    usage: previous?.usage ?? null,
    summaryChanges: previous?.summaryChanges ?? 0,
    deleted: false,
    stale: null,
  }
  return withPage(room, frame.messages ?? [])
}

/** The room with a page of older (or the newest) messages added. */
export function withPage(room: RoomState, items: readonly MessageItem[]): RoomState {
  const messages = { ...room.messages }
  const ended = { ...room.ended }
  for (const item of items) {
    if (item.kind === 'user') messages[item.message.id] = item.message
    else if (item.kind === 'reply') ended[item.turn.turn_id] = endedReply(item.turn, item.reply, 0, item.versions)
    else ended[item.turn.turn_id] = { kind: 'failed', turn: item.turn, error: item.error }
  }
  return { ...room, messages, ended }
}

function withRunning(room: RoomState, turns: readonly TurnRef[], live: readonly LiveTurn[]): RoomState {
  const running: Record<string, RunningTurn> = { ...room.running }
  for (const turn of turns) {
    if (!room.ended[turn.turn_id]) running[turn.turn_id] ??= requested(turn)
  }
  for (const snapshot of live) {
    const turn = running[snapshot.turn_id]
    if (!turn) continue
    const { answer } = addPiece(turn.answer, { ...snapshot, offset: snapshot.offset ?? 0 })
    running[snapshot.turn_id] = { ...turn, answer, rank: snapshot.rank ?? turn.rank }
  }
  return { ...room, running }
}

function requested(turn: TurnRef): RunningTurn {
  return { turn, answer: NO_TEXT, reasoning: NO_TEXT, rank: null }
}

/** The room after one log entry. An entry that was seen is ignored; one that comes too early makes the room stale. */
export function applyEvent(room: RoomState, event: SessionEvent): RoomState {
  if (event.epoch !== room.epoch) return missed(room, 'log')
  if (event.seq <= room.headSeq) return room
  if (event.seq > room.headSeq + 1) return missed(room, 'log')
  return { ...change(room, event), headSeq: event.seq }
}

function change(room: RoomState, event: SessionEvent): RoomState {
  switch (event.name) {
    case 'session.created':
    case 'session.updated':
    case 'session.archived':
      return { ...room, session: event.data.session }
    case 'session.state_changed':
      return { ...room, session: { ...room.session, state: event.data.state } }
    case 'session.deleted':
      return { ...room, deleted: true, running: {} }
    case 'session.restored':
      return { ...room, session: event.data.session, deleted: false }
    case 'participant.added':
    case 'participant.updated':
      return withParticipant(room, event.data.participant)
    case 'participant.removed':
      return withoutParticipant(room, event.data.participant_id)
    case 'message.posted':
      return { ...room, messages: { ...room.messages, [event.data.message.id]: event.data.message } }
    case 'message.deleted':
      return withoutMessage(room, event.data.message_id)
    case 'message.pinned':
      return { ...room, pinned: [...withoutPin(room, event.data.message_id), event.data.message_id] }
    case 'message.unpinned':
      return { ...room, pinned: withoutPin(room, event.data.message_id) }
    case 'branch.created':
      return { ...room, branches: [...room.branches, event.data.branch] }
    case 'path.changed':
      return { ...room, session: { ...room.session, path: event.data.path }, stale: 'path' }
    case 'round.started':
      return { ...room, lastRoundEnd: null }
    case 'round.ended':
      return { ...room, lastRoundEnd: { round: event.data.round, reason: event.data.reason } }
    case 'turn.requested':
      return { ...room, running: { ...room.running, [event.data.turn_id]: requested(event.data) } }
    case 'turn.started':
      return withStart(room, event.data)
    case 'turn.failed':
    case 'turn.stopped':
      return withEnd(room, { kind: 'failed', turn: event.data, error: failure(event.data) })
    case 'reply.appended':
    case 'reply.version_selected':
      return withEnd(room, endedReply(event.data, event.data.reply, event.seq))
    case 'feedback.given':
      return withFeedback(room, event.data)
    default:
      // A newer server may log entries that this page does not know yet.
      return ignore(room, event)
  }
}

function ignore(room: RoomState, _unknown: never): RoomState {
  return room
}

function endedReply(turn: TurnRef, reply: Reply, since: number, versions = turn.version ?? 1): EndedReply {
  return { kind: 'reply', turn, reply, since, versions }
}

function withFeedback(room: RoomState, { reply_id, version, feedback }: FeedbackChange): RoomState {
  const found = Object.values(room.ended).find(
    (end) => end.kind === 'reply' && end.reply.id === reply_id && end.reply.version === version,
  )
  if (found?.kind !== 'reply') return room
  const rated = { ...found, reply: { ...found.reply, feedback } }
  return { ...room, ended: { ...room.ended, [found.turn.turn_id]: rated } }
}

function failure({ code, message, retryable }: TurnEnd) {
  return { code, message, retryable }
}

function withParticipant(room: RoomState, participant: Participant): RoomState {
  const others = room.session.participants.filter(({ id }) => id !== participant.id)
  const participants = [...others, participant].toSorted((a, b) => a.position - b.position)
  return { ...room, session: { ...room.session, participants } }
}

function withoutParticipant(room: RoomState, participantId: string): RoomState {
  const participants = room.session.participants.filter(({ id }) => id !== participantId)
  return { ...room, session: { ...room.session, participants } }
}

function withoutMessage(room: RoomState, messageId: string): RoomState {
  const { [messageId]: _message, ...messages } = room.messages
  const ended = Object.fromEntries(
    Object.entries(room.ended).filter(([, turn]) => turn.kind !== 'reply' || turn.reply.id !== messageId),
  )
  return { ...room, messages, ended, pinned: withoutPin(room, messageId) }
}

function withoutPin(room: RoomState, messageId: string): string[] {
  return room.pinned.filter((id) => id !== messageId)
}

function withStart(room: RoomState, start: TurnRef & { attempt: number; rank: number }): RoomState {
  if (room.ended[start.turn_id]) return room
  const turn = room.running[start.turn_id] ?? requested(start)
  const answer = start.attempt > turn.answer.attempt ? { ...NO_TEXT, attempt: start.attempt } : turn.answer
  return { ...room, running: { ...room.running, [start.turn_id]: { ...turn, turn: start, answer, rank: start.rank } } }
}

function withEnd(room: RoomState, end: EndedTurn): RoomState {
  const { [end.turn.turn_id]: _ended, ...running } = room.running
  return { ...room, running, ended: { ...room.ended, [end.turn.turn_id]: end } }
}

/** The room after a delta of one of its running turns. Deltas of ended turns change nothing. */
export function applyDelta(room: RoomState, delta: Delta): RoomState {
  const turn = room.running[delta.turn_id]
  if (!turn) return room
  if (delta.channel === 'tool') return room
  const field = delta.channel === 'reasoning' ? 'reasoning' : 'answer'
  const { answer, gap } = addPiece(turn[field], delta)
  const next =
    answer === turn[field] ? room : { ...room, running: { ...room.running, [delta.turn_id]: { ...turn, [field]: answer } } }
  // Thoughts are not in snapshots, so a gap in them cannot be healed by attaching again.
  return gap && field === 'answer' ? missed(next, 'text') : next
}

function missed(room: RoomState, what: 'log' | 'text'): RoomState {
  return room.stale === what || room.stale === 'log' || room.stale === 'path' ? room : { ...room, stale: what }
}

/** The oldest round at hand; 1, the first of all, where there is none. */
export function firstRound({ messages, ended }: Pick<RoomState, 'messages' | 'ended'>): number {
  const rounds = [
    ...Object.values(messages).map(({ round }) => round),
    ...Object.values(ended).map(({ turn }) => turn.round),
  ]
  return rounds.reduce((first, round) => Math.min(first, round), rounds[0] ?? 1)
}
