/** What a member is doing, derived from the log and the deltas. Pure. */
import type { FailureReason } from '@/contracts/frames'
import type { Participant } from '@/contracts/protocol'

import type { EndedTurn, RoomState, RunningTurn } from './room'
import { type Stops, isStopping } from './stops'

export type MemberStatus = 'ready' | 'thinking' | 'streaming' | 'stopping' | 'error' | 'muted'

export interface MemberState {
  readonly participant: Participant
  readonly status: MemberStatus
  readonly running: RunningTurn | null
  /** Why the newest turn failed; null once a later one went well. */
  readonly error: FailureReason | null
}

export function memberStates(room: Pick<RoomState, 'session' | 'running' | 'ended'>, stops: Stops): MemberState[] {
  const running = Object.values(room.running)
  const latest = latestEnds(room.ended)
  return room.session.participants.map((participant) => {
    const turn = newestRunning(running.filter((candidate) => candidate.turn.participant_id === participant.id))
    const error = turn ? null : failureOf(latest.get(participant.id))
    return { participant, running: turn, error, status: statusOf(participant, turn, error !== null, stops) }
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

function latestEnds(ended: RoomState['ended']): Map<string, EndedTurn> {
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
