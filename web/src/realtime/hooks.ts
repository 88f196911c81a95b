/** How components read the live state. Each hook gives a value that changes only when what it shows changes. */
import { createContext, useContext, useEffect, useMemo } from 'react'
import { useStore } from 'zustand'

import type { Branch, ContextUsage, Participant, SessionView } from '@/contracts/protocol'

import { shownOn } from './branches'
import type { LiveRooms, LiveState } from './liveRooms'
import { type MemberState, latestEnds, memberStates } from './memberStatus'
import { type WindowEdge, windowEdges } from './meters'
import type { PendingPost } from './outbox'
import { type RoomState, type RunningTurn, firstRound } from './room'
import { isStopping, isStoppingAll } from './stops'
import { type TranscriptItem, orderTranscript } from './transcript'

export const LiveRoomsContext = createContext<LiveRooms | null>(null)

const NOBODY: readonly Participant[] = []
const NOTHING: readonly string[] = []
const NO_BRANCHES: readonly Branch[] = []

export function useLive(): LiveRooms {
  const live = useContext(LiveRoomsContext)
  if (live === null) throw new Error('There is no LiveRoomsContext above this component.')
  return live
}

export function useLiveState<Value>(select: (state: LiveState) => Value): Value {
  return useStore(useLive().store, select)
}

/** Follow a room for as long as the component is there. */
export function useFollow(sessionId: string): void {
  const live = useLive()
  useEffect(() => live.follow(sessionId), [live, sessionId])
}

export function useLiveSession(sessionId: string): SessionView | undefined {
  return useLiveState(({ rooms }) => rooms[sessionId]?.session)
}

export function useContextUsage(sessionId: string): ContextUsage | null {
  return useLiveState(({ rooms }) => rooms[sessionId]?.usage ?? null)
}

export function useRunningTurn(sessionId: string, turnId: string): RunningTurn | undefined {
  return useLiveState(({ rooms }) => rooms[sessionId]?.running[turnId])
}

/** Changes when a turn appears, gets its rank or its first text, or ends; not with every token. */
function outlineOf(room: RoomState | undefined): string {
  return Object.values(room?.running ?? {})
    .map(({ turn, rank, answer }) => `${turn.turn_id}/${rank ?? '-'}/${answer.length > 0 ? 'text' : ''}`)
    .join(' ')
}

export function useTranscript(sessionId: string): TranscriptItem[] {
  const live = useLive()
  const messages = useLiveState(({ rooms }) => rooms[sessionId]?.messages)
  const ended = useLiveState(({ rooms }) => rooms[sessionId]?.ended)
  const participants = useLiveState(({ rooms }) => rooms[sessionId]?.session.participants) ?? NOBODY
  const outline = useLiveState(({ rooms }) => outlineOf(rooms[sessionId]))
  const path = useLiveState(({ rooms }) => rooms[sessionId]?.session.path) ?? NOTHING
  const branches = useBranches(sessionId)
  return useMemo(() => {
    const running = outline === '' ? {} : (live.store.getState().rooms[sessionId]?.running ?? {})
    const shown = shownOn(path, branches)
    return orderTranscript(
      kept(messages ?? {}, shown),
      kept(ended ?? {}, ({ turn }) => shown(turn)),
      Object.values(running).filter(({ turn }) => shown(turn)),
      participants,
    )
  }, [live, sessionId, messages, ended, participants, outline, path, branches])
}

function kept<Value>(all: Readonly<Record<string, Value>>, keep: (value: Value) => boolean): Record<string, Value> {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => keep(value)))
}

/** All branches of a room, oldest first. */
export function useBranches(sessionId: string): readonly Branch[] {
  return useLiveState(({ rooms }) => rooms[sessionId]?.branches) ?? NO_BRANCHES
}

export function useMembers(sessionId: string): MemberState[] {
  const live = useLive()
  const ended = useLiveState(({ rooms }) => rooms[sessionId]?.ended)
  const participants = useLiveState(({ rooms }) => rooms[sessionId]?.session.participants) ?? NOBODY
  const stops = useLiveState((state) => state.stops)
  const outline = useLiveState(({ rooms }) => outlineOf(rooms[sessionId]))
  const latest = useMemo(() => latestEnds(ended ?? {}), [ended])
  return useMemo(() => {
    const running = outline === '' ? {} : (live.store.getState().rooms[sessionId]?.running ?? {})
    return memberStates({ participants, running, latest, stops })
  }, [live, sessionId, participants, latest, outline, stops])
}

export function useIsStopping(turnId: string): boolean {
  return useLiveState(({ stops }) => isStopping(stops, turnId))
}

export function useIsStoppingAll(sessionId: string): boolean {
  return useLiveState(({ stops }) => isStoppingAll(stops, sessionId))
}

/** The oldest round at hand; 1 if nothing is before it. */
export function useFirstRound(sessionId: string): number {
  const messages = useLiveState(({ rooms }) => rooms[sessionId]?.messages)
  const ended = useLiveState(({ rooms }) => rooms[sessionId]?.ended)
  return useMemo(() => firstRound({ messages: messages ?? {}, ended: ended ?? {} }), [messages, ended])
}

/** Ids of what is pinned, in the order of pinning. */
export function usePins(sessionId: string): readonly string[] {
  return useLiveState(({ rooms }) => rooms[sessionId]?.pinned) ?? NOTHING
}

export function useSummaryChanges(sessionId: string): number {
  return useLiveState(({ rooms }) => rooms[sessionId]?.summaryChanges ?? 0)
}

/** Message → members for whom it is the last one that they no longer see. */
export function useWindowEdges(sessionId: string): ReadonlyMap<string, readonly WindowEdge[]> {
  const usage = useContextUsage(sessionId)
  return useMemo(() => windowEdges(usage), [usage])
}

/** What was said here and is not in the log yet, oldest first. */
export function usePendingPosts(sessionId: string): PendingPost[] {
  const outbox = useLiveState((state) => state.outbox)
  return useMemo(
    () =>
      Object.values(outbox)
        .filter((post) => post.sessionId === sessionId)
        .toSorted((a, b) => a.createdAt - b.createdAt),
    [outbox, sessionId],
  )
}
