import { expect, test } from 'vitest'

import { type MemberState, latestEnds, memberStates } from './memberStatus'
import { applyDelta, applyEvent, attachRoom } from './room'
import { attached, delta, event, participant, reply, session, turn } from './sampleFrames'

const empty = attachRoom(undefined, attached({ session: session([participant('ada')]) }))

function ada({ session: { participants }, running, ended }: typeof empty): MemberState | undefined {
  return memberStates({ participants, running, latest: latestEnds(ended), stops: {} })[0]
}

function statusOf(room: typeof empty): string | undefined {
  return ada(room)?.status
}

test('a member is ready, thinks, streams and is ready again', () => {
  const ref = turn('t1')
  expect(statusOf(empty)).toBe('ready')
  const thinking = applyEvent(empty, event(1, { name: 'turn.requested', data: ref }))
  expect(statusOf(thinking)).toBe('thinking')
  const streaming = applyDelta(thinking, delta('t1', 0, 'Hi'))
  expect(statusOf(streaming)).toBe('streaming')
  const done = applyEvent(streaming, event(2, { name: 'reply.appended', data: { ...ref, reply: reply(ref, 'Hi', 0) } }))
  expect(statusOf(done)).toBe('ready')
})

test('a failed turn shows on its member until the next one goes well', () => {
  const failed = [
    event(1, { name: 'turn.requested', data: turn('t1') }),
    event(2, { name: 'turn.failed', data: { ...turn('t1'), code: 'KEY_MISSING', message: '', retryable: false } }),
  ].reduce(applyEvent, empty)
  expect(ada(failed)).toMatchObject({ status: 'error', error: { code: 'KEY_MISSING' } })
  const next = turn('t2', 'ada', 2)
  const well = [
    event(3, { name: 'turn.requested', data: next }),
    event(4, { name: 'reply.appended', data: { ...next, reply: reply(next, 'ok', 0) } }),
  ].reduce(applyEvent, failed)
  expect(statusOf(well)).toBe('ready')
})

test('a stopped turn is no error', () => {
  const stopped = [
    event(1, { name: 'turn.requested', data: turn('t1') }),
    event(2, { name: 'turn.stopped', data: { ...turn('t1'), code: 'STOPPED', message: '', retryable: false } }),
  ].reduce(applyEvent, empty)
  expect(statusOf(stopped)).toBe('ready')
})

test('a muted member says so, once it has finished its turn', () => {
  const muted = event(2, { name: 'participant.updated', data: { participant: participant('ada', 0, { muted: true }), previous_model: null } })
  const room = applyEvent(applyEvent(empty, event(1, { name: 'turn.requested', data: turn('t1') })), muted)
  expect(statusOf(room)).toBe('thinking')
  expect(statusOf(applyEvent(empty, { ...muted, seq: 1 }))).toBe('muted')
})
