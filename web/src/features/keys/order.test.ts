import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { type Direction, moved, shareOf, turnsOf } from './order'

function key(id: string, order: number, weight = 1) {
  return { id, order, weight }
}

function after(keys: readonly ReturnType<typeof key>[], id: string, direction: Direction): string[][] {
  const places = new Map(moved(keys, id, direction).map((place) => [place.id, place.order]))
  const now = keys.map((one) => ({ ...one, order: places.get(one.id) ?? one.order }))
  return turnsOf(now).map((turn) => turn.map((one) => one.id).toSorted())
}

describe('the order of keys', () => {
  test('one of several gets a turn of its own', () => {
    const keys = [key('a', 0), key('b', 0), key('c', 5)]
    expect(after(keys, 'b', 'earlier')).toEqual([['b'], ['a'], ['c']])
    expect(after(keys, 'b', 'later')).toEqual([['a'], ['b'], ['c']])
  })

  test('one alone joins its neighbours', () => {
    const keys = [key('a', 0), key('b', 0), key('c', 5)]
    expect(after(keys, 'c', 'earlier')).toEqual([['a', 'b', 'c']])
    expect(moved(keys, 'c', 'later')).toEqual([])
    expect(moved([key('a', 3)], 'a', 'earlier')).toEqual([])
  })

  test('a step there and back is no step, and nobody is lost', () => {
    const orders = fc.array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(orders, fc.nat(), (given, pick) => {
        const keys = given.map((order, n) => key(String(n), order))
        const id = String(pick % keys.length)
        const there = moved(keys, id, 'earlier')
        if (there.length === 0) return
        const places = new Map(there.map((place) => [place.id, place.order]))
        const now = keys.map((one) => ({ ...one, order: places.get(one.id) ?? one.order }))
        const before = turnsOf(keys).map((turn) => turn.map((one) => one.id).toSorted())
        expect(after(now, id, 'later')).toEqual(before)
      }),
    )
  })

  test('those of a turn share by weight', () => {
    const turn = [key('a', 0, 1), key('b', 0, 3)]
    expect(turn.map((one) => shareOf(one, turn))).toEqual([0.25, 0.75])
  })
})
