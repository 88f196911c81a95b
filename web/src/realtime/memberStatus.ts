/** What a member is doing, derived from the log and the deltas. Pure. */
import type { FailureReason } from '@/contracts/frames'
import type { Participant } from '@/contracts/protocol'

import type { EndedTurn, RoomState, RunningTurn } from './room'
import { type Stops, isStopping } from './stops'

export type MemberStatus = 'ready' | 'thinking' | 'streaming' | 'stopping' | 'error' | 'muted'

export interface MemberState {
  readonly participant: Participant
  readonly status: MemberStatus
  /** The turn that it answers now. */
  readonly turnId: string | null
  /** Why the newest turn failed; null once a later one went well. */
  readonly error: FailureReason | null
}

type LatestEnds = ReadonlyMap<string, EndedTurn>

export interface Standing {
  readonly participants: readonly Participant[]
  readonly running: RoomState['running']
  readonly latest: LatestEnds
  readonly stops: Stops
}

export function memberStates({ participants, latest, stops, ...room }: Standing): MemberState[] {
  const running = Object.values(room.running)
  return participants.map((participant) => {
    const turn = newestRunning(running.filter((candidate) => candidate.turn.participant_id === participant.id))
    const error = turn ? null : failureOf(latest.get(participant.id))
    return { participant, turnId: turn?.turn.turn_id ?? null, error, status: statusOf(participant, turn, error !== null, stops) }
  })
}

function statusOf(
  participant: Participant,
  turn: RunningTurn | null,
  failed: boolean,
  stops: Stops,
): MemberStatus {
  if (turn && isStopping(stops, turn.turn.turn_id)) return 'stopping'
  if (turn) return turn.answer.length > 0 ? 'streaming' : 'thinking'
  if (participant.muted) return 'muted'
  return failed ? 'error' : 'ready'
}

function newestRunning(turns: readonly RunningTurn[]): RunningTurn | null {
  return turns.toSorted((a, b) => b.answer.length - a.answer.length || a.turn.round - b.turn.round)[0] ?? null
}

function failureOf(end: EndedTurn | undefined): MemberState['error'] {
  if (end?.kind !== 'failed' || end.error.code === 'STOPPED') return null
  return end.error
}

/** The newest turn of each member that has ended. */
export function latestEnds(ended: RoomState['ended']): LatestEnds {
  const latest = new Map<string, EndedTurn>()
  for (const end of Object.values(ended)) {
    const other = latest.get(end.turn.participant_id)
    if (!other || isLater(end, other)) latest.set(end.turn.participant_id, end)
  }
  return latest
}

function isLater(end: EndedTurn, other: EndedTurn): boolean {
  const difference =
    end.turn.round - other.turn.round ||
    end.turn.step - other.turn.step ||
    (end.turn.version ?? 1) - (other.turn.version ?? 1)
  return difference >= 0
}
