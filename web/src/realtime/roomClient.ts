/**
 * Everything the server has told this page, folded frame by frame. Pure: the store feeds it, tests feed it.
 */
import type { Dependency, MessageItem, SessionEvent } from '@/contracts/frames'
import type { ConnectionLimits, ContextUsage, Delta, ServerFrame } from '@/contracts/protocol'

import { withKnownLists } from './meters'
import { type Outbox, markAccepted, markPosted, markRefused } from './outbox'
import { type RoomState, applyDelta, applyEvent, attachRoom, withPage } from './room'
import { type Stops, settleStops } from './stops'

/** Deltas that arrived before their turn was announced; beyond this the oldest go, and attaching again heals it. */
export const MAX_WAITING_DELTAS = 512

export interface RoomClient {
  readonly rooms: Readonly<Record<string, RoomState>>
  /** Running turn → its room: a delta names only its turn. */
  readonly roomOfTurn: Readonly<Record<string, string>>
  readonly waiting: readonly Delta[]
  readonly outbox: Outbox
  readonly stops: Stops
  readonly degraded: Readonly<Partial<Record<Dependency, string>>>
  readonly limits: ConnectionLimits | null
  /** Rooms that cannot be followed, and why: a code of the contracts. */
  readonly refused: Readonly<Record<string, string>>
}

export const NOTHING_HEARD: RoomClient = {
  rooms: {},
  roomOfTurn: {},
  waiting: [],
  outbox: {},
  stops: {},
  degraded: {},
  limits: null,
  refused: {},
}

export function applyFrames(client: RoomClient, frames: readonly ServerFrame[]): RoomClient {
  return frames.reduce(applyFrame, client)
}

export function applyFrame(client: RoomClient, frame: ServerFrame): RoomClient {
  switch (frame.type) {
    case 'welcome':
      // A new connection says again what is degraded.
      return { ...client, limits: frame.limits, degraded: {} }
    case 'attached': {
      const room = attachRoom(client.rooms[frame.session_id], frame)
      const { [frame.session_id]: _answered, ...refused } = client.refused
      return settlePosts(withWaiting(withRoom({ ...client, refused }, room)), frame.messages ?? [], frame.entries ?? [])
    }
    case 'event': {
      const room = client.rooms[frame.session_id]
      if (!room) return client
      return settlePosts(withWaiting(withRoom(client, applyEvent(room, frame))), [], [frame])
    }
    case 'delta':
      return withDelta(client, frame)
    case 'notice':
      return withNotice(client, frame)
    case 'accepted':
      return { ...client, outbox: markAccepted(client.outbox, frame.client_message_id) }
    case 'error':
      if (frame.client_message_id) {
        return { ...client, outbox: markRefused(client.outbox, frame.client_message_id, frame) }
      }
      if (frame.session_id && !frame.retryable && !client.rooms[frame.session_id]) {
        return { ...client, refused: { ...client.refused, [frame.session_id]: frame.code } }
      }
      return client
    default:
      return client
  }
}

/** Forget a room that nobody looks at any more. */
export function forgetRoom(client: RoomClient, sessionId: string): RoomClient {
  const { [sessionId]: _room, ...rooms } = client.rooms
  const { [sessionId]: _refusal, ...refused } = client.refused
  const stops = settleStops(client.stops, { sessionId, running: {} })
  const roomOfTurn = Object.fromEntries(Object.entries(client.roomOfTurn).filter(([, room]) => room !== sessionId))
  return { ...client, rooms, refused, stops, roomOfTurn }
}

/** Add a page of older messages that was read over REST. */
export function addOlderPage(client: RoomClient, sessionId: string, items: readonly MessageItem[]): RoomClient {
  const room = client.rooms[sessionId]
  return room ? { ...client, rooms: { ...client.rooms, [sessionId]: withPage(room, items) } } : client
}

/** Set the meters that were read over REST, unless they are no longer those of `before`, when the question was asked. */
export function fillMeters(
  client: RoomClient,
  sessionId: string,
  usage: ContextUsage,
  before: ContextUsage | null | undefined,
): RoomClient {
  const room = client.rooms[sessionId]
  return room && room.usage === before ? { ...client, rooms: { ...client.rooms, [sessionId]: { ...room, usage } } } : client
}

function withRoom(client: RoomClient, room: RoomState): RoomClient {
  const previous = client.rooms[room.sessionId]
  if (previous === room) return client
  const rooms = { ...client.rooms, [room.sessionId]: room }
  if (previous?.running === room.running) return { ...client, rooms }
  const stops = settleStops(client.stops, room)
  const others = Object.entries(client.roomOfTurn).filter(([, sessionId]) => sessionId !== room.sessionId)
  const mine = Object.keys(room.running).map((turnId) => [turnId, room.sessionId])
  return { ...client, rooms, stops, roomOfTurn: Object.fromEntries([...others, ...mine]) }
}

function withDelta(client: RoomClient, delta: Delta): RoomClient {
  const sessionId = client.roomOfTurn[delta.turn_id]
  const room = sessionId === undefined ? undefined : client.rooms[sessionId]
  if (room) {
    const next = applyDelta(room, delta)
    return next === room ? client : { ...client, rooms: { ...client.rooms, [room.sessionId]: next } }
  }
  if (Object.values(client.rooms).some(({ ended }) => ended[delta.turn_id])) return client
  return { ...client, waiting: [...client.waiting, delta].slice(-MAX_WAITING_DELTAS) }
}

function withWaiting(client: RoomClient): RoomClient {
  const ready = client.waiting.filter(({ turn_id }) => client.roomOfTurn[turn_id] !== undefined)
  if (ready.length === 0) return client
  const waiting = client.waiting.filter(({ turn_id }) => client.roomOfTurn[turn_id] === undefined)
  return ready.reduce(withDelta, { ...client, waiting })
}

function withNotice(client: RoomClient, notice: Extract<ServerFrame, { type: 'notice' }>): RoomClient {
  switch (notice.name) {
    case 'context.usage': {
      const room = client.rooms[notice.session_id]
      if (!room) return client
      const usage = withKnownLists(room.usage, notice.data)
      return { ...client, rooms: { ...client.rooms, [room.sessionId]: { ...room, usage } } }
    }
    case 'context.summary': {
      const room = client.rooms[notice.session_id]
      if (!room) return client
      const summaryChanges = room.summaryChanges + 1
      return { ...client, rooms: { ...client.rooms, [room.sessionId]: { ...room, summaryChanges } } }
    }
    case 'service.degraded':
      return { ...client, degraded: { ...client.degraded, [notice.data.dependency]: notice.data.message } }
    case 'service.recovered': {
      const { [notice.data.dependency]: _back, ...degraded } = client.degraded
      return { ...client, degraded }
    }
    default:
      return client
  }
}

function settlePosts(
  client: RoomClient,
  items: readonly MessageItem[],
  entries: readonly SessionEvent[],
): RoomClient {
  const posted = [
    ...items.flatMap((item) => (item.kind === 'user' ? [item.message.client_message_id] : [])),
    ...entries.flatMap((entry) => (entry.name === 'message.posted' ? [entry.data.message.client_message_id] : [])),
  ]
  const outbox = posted.reduce(markPosted, client.outbox)
  return outbox === client.outbox ? client : { ...client, outbox }
}
