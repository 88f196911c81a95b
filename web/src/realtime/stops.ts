/**
 * Stops that were asked for, from the click until what they stop has ended. Pure.
 *
 * The server's `ack` means that it will see the stop through; the turn itself ends with an entry of the log.
 */
import type { RoomState } from './room'

export interface Stop {
  readonly id: string
  readonly sessionId: string
  /** Null: everything that runs or waits in the room. */
  readonly turnId: string | null
  /** The turns that it stops, as far as they ran when it was asked for. */
  readonly turns: readonly string[]
}

export type Stops = Readonly<Record<string, Stop>>

export function addStop(stops: Stops, stop: Stop): Stops {
  return { ...stops, [stop.id]: stop }
}

/** It was refused, or given up. */
export function dropStop(stops: Stops, id: string): Stops {
  if (!(id in stops)) return stops
  const { [id]: _dropped, ...rest } = stops
  return rest
}

/** Without the stops of this room whose turns have all ended. */
export function settleStops(stops: Stops, { sessionId, running }: Pick<RoomState, 'sessionId' | 'running'>): Stops {
  const over = Object.values(stops).filter(
    (stop) => stop.sessionId === sessionId && !stop.turns.some((turnId) => turnId in running),
  )
  return over.reduce((left, { id }) => dropStop(left, id), stops)
}

export function isStopping(stops: Stops, turnId: string): boolean {
  return Object.values(stops).some(({ turns }) => turns.includes(turnId))
}

export function isStoppingAll(stops: Stops, sessionId: string): boolean {
  return Object.values(stops).some((stop) => stop.turnId === null && stop.sessionId === sessionId)
}
