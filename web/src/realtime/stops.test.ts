import { expect, test } from 'vitest'

import { applyEvent, attachRoom } from './room'
import { ROOM, attached, event, reply, turn } from './sampleFrames'
import { addStop, dropStop, isStopping, isStoppingAll, settleStops } from './stops'

const one = { id: 's1', sessionId: ROOM, turnId: 't1', turns: ['t1'] }
const all = { id: 's2', sessionId: ROOM, turnId: null, turns: ['t1', 't2'] }
const running = attachRoom(undefined, attached({ running: [turn('t1'), turn('t2', 'bo')] }))
const first = applyEvent(running, event(1, { name: 'reply.appended', data: { ...turn('t1'), reply: reply(turn('t1'), 'Hi', 0) } }))
const none = { ...first, running: {} }

test('a stop lasts until what it stops has ended', () => {
  const stops = addStop(addStop({}, one), all)
  expect(settleStops(stops, running)).toEqual(stops)
  expect(Object.keys(settleStops(stops, first))).toEqual(['s2'])
  expect(settleStops(stops, none)).toEqual({})
})

test('a stop of one turn is none of the others, and one of all ends with those that ran', () => {
  const stops = addStop({}, one)
  expect([isStopping(stops, 't1'), isStopping(stops, 't2'), isStoppingAll(stops, ROOM)]).toEqual([true, false, false])
  const both = addStop(stops, all)
  expect([isStopping(both, 't2'), isStopping(both, 't3'), isStoppingAll(both, ROOM)]).toEqual([true, false, true])
})

test('rooms do not end each other’s stops, and what is refused is no longer a stop', () => {
  const stops = addStop({}, one)
  expect(settleStops(stops, { ...none, sessionId: 'another' })).toBe(stops)
  expect(dropStop(stops, 's1')).toEqual({})
  expect(dropStop(stops, 'unknown')).toBe(stops)
})
