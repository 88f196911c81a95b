/** Which keys of a provider are used first: those of the lowest order, sharing the calls by weight. */
import type { KeyView } from '@/contracts/rest'

type Placed = Pick<KeyView, 'id' | 'order' | 'weight'>

export type Direction = 'earlier' | 'later'

export interface NewPlace {
  readonly id: string
  readonly order: number
}

/** Keys that are used at the same time, in the order of their turns. */
export function turnsOf<Key extends Placed>(keys: readonly Key[]): Key[][] {
  const orders = [...new Set(keys.map(({ order }) => order))].toSorted((a, b) => a - b)
  return orders.map((order) => keys.filter((key) => key.order === order))
}

/** How much of the calls of its turn a key gets. */
export function shareOf(key: Placed, turn: readonly Placed[]): number {
  return key.weight / turn.reduce((sum, { weight }) => sum + weight, 0)
}

/**
 * What changes when a key moves by one step: one of several in a turn gets a turn of its own, one alone joins the next.
 * Empty if it is there already.
 */
export function moved(keys: readonly Placed[], id: string, direction: Direction): readonly NewPlace[] {
  const turns = turnsOf(keys).map((turn) => turn.map((key) => key.id))
  const at = turns.findIndex((turn) => turn.includes(id))
  const [own = []] = turns.slice(at, at + 1)
  if (at < 0) return []
  const others = own.filter((other) => other !== id)
  if (others.length > 0) {
    turns.splice(at, 1, ...(direction === 'earlier' ? [[id], others] : [others, [id]]))
  } else {
    const next = turns[at + (direction === 'earlier' ? -1 : 1)]
    if (next === undefined) return []
    next.push(id)
    turns.splice(at, 1)
  }
  const before = new Map(keys.map((key) => [key.id, key.order]))
  return turns
    .flatMap((turn, order) => turn.map((one) => ({ id: one, order })))
    .filter((place) => before.get(place.id) !== place.order)
}
