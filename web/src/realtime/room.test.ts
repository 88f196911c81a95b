import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import type { MessageItem, SessionEvent } from '@/contracts/frames'
import type { LiveTurn } from '@/contracts/protocol'

import { type RoomState, applyDelta, applyEvent, attachRoom } from './room'
import { attached, delta, event, message, participant, reply, turn } from './sampleFrames'

const ada = turn('t1', 'ada')
const bo = turn('t2', 'bo')

/** One whole round of two members, as the log tells it. */
const LOG: SessionEvent[] = [
  event(1, { name: 'message.posted', data: { message: message('m1') } }),
  event(2, { name: 'round.started', data: { branch: 'main', round: 1, message_id: 'm1' } }),
  event(3, { name: 'turn.requested', data: ada }),
  event(4, { name: 'turn.requested', data: bo }),
  event(5, { name: 'turn.started', data: { ...bo, attempt: 1, rank: 0 } }),
  event(6, { name: 'turn.started', data: { ...ada, attempt: 1, rank: 1 } }),
  event(7, { name: 'reply.appended', data: { ...bo, reply: reply(bo, 'Bo speaks', 0) } }),
  event(8, { name: 'turn.failed', data: { ...ada, code: 'PROVIDER_TIMEOUT', message: 'Too slow', retryable: true } }),
  event(9, { name: 'participant.updated', data: { participant: participant('bo', 1, { muted: true }), previous_model: null } }),
  event(10, { name: 'round.ended', data: { branch: 'main', round: 1, reason: 'completed', last: true } }),
]

const fresh = attachRoom(undefined, attached())

function play(events: readonly SessionEvent[], room: RoomState = fresh): RoomState {
  return events.reduce(applyEvent, room)
}

describe('the log of a room', () => {
  test('is applied in order and moves the head', () => {
    const room = play(LOG)
    expect(room.headSeq).toBe(10)
    expect(room.stale).toBeNull()
    expect(Object.keys(room.running)).toEqual([])
    expect(room.ended['t1']).toMatchObject({ kind: 'failed', error: { code: 'PROVIDER_TIMEOUT' } })
    expect(room.ended['t2']).toMatchObject({ kind: 'reply', reply: { text: 'Bo speaks' } })
    expect(room.session.participants[1]?.muted).toBe(true)
    expect(room.lastRoundEnd).toEqual({ round: 1, reason: 'completed' })
  })

  test('ignores entries that were seen already', () => {
    fc.assert(
      fc.property(fc.nat(LOG.length), fc.nat(LOG.length), (seen, from) => {
        const room = play(LOG.slice(0, seen))
        expect(play(LOG.slice(Math.min(from, seen)), room)).toEqual(play(LOG))
      }),
    )
  })

  test('with a missing entry makes the room stale and changes nothing else', () => {
    const room = play([LOG[0], LOG[2]].flatMap((entry) => entry ?? []))
    expect(room).toEqual({ ...play(LOG.slice(0, 1)), stale: 'log' })
  })

  test('of another epoch makes the room stale', () => {
    const [first] = LOG
    expect(first && applyEvent(fresh, { ...first, epoch: 'rebuilt' }).stale).toBe('log')
  })
})

describe('attaching', () => {
  test('again from any position ends in the same room as never having left', () => {
    fc.assert(
      fc.property(fc.nat(LOG.length), (cut) => {
        const whole = play(LOG)
        const left = { ...play(LOG.slice(0, cut)), stale: 'log' as const }
        const frame = attached({
          head_seq: LOG.length,
          recovered: true,
          session: whole.session,
          entries: LOG.slice(cut),
        })
        expect(attachRoom(left, frame)).toEqual(whole)
      }),
    )
  })

  test('with only a part of what was missed leaves the room stale, so that the rest is asked for', () => {
    const room = attachRoom(fresh, attached({ head_seq: 10, recovered: true, entries: LOG.slice(0, 4) }))
    expect(room.headSeq).toBe(4)
    expect(room.stale).toBe('log')
  })

  test('without recovery starts from the newest page and the running turns', () => {
    const page: MessageItem[] = [{ kind: 'user', message: message('m1') }]
    const live: LiveTurn[] = [
      { turn_id: 't2', reply_id: bo.reply_id, participant_id: 'bo', attempt: 1, rank: 0, offset: 0, text: 'Bo sp' },
    ]
    const room = attachRoom(undefined, attached({ head_seq: 6, messages: page, running: [ada, bo], live }))
    expect(room.running['t2']).toMatchObject({ rank: 0, answer: { text: 'Bo sp', length: 5 } })
    expect(room.running['t1']).toMatchObject({ rank: null, answer: { text: '' } })
    expect(play(LOG.slice(6), room).ended['t2']).toMatchObject({ kind: 'reply' })
  })

  test('heals a gap in a running answer', () => {
    const announced = play(LOG.slice(0, 5))
    const broken = applyDelta(announced, delta('t2', 4, 'peaks'))
    expect(broken.stale).toBe('text')
    const live = [{ turn_id: 't2', reply_id: bo.reply_id, participant_id: 'bo', attempt: 1, rank: 0, offset: 0, text: 'Bo s' }]
    const healed = attachRoom(broken, attached({ head_seq: 5, recovered: true, live }))
    expect(healed.stale).toBeNull()
    expect(applyDelta(healed, delta('t2', 4, 'peaks')).running['t2']?.answer.text).toBe('Bo speaks')
  })
})

describe('a running answer', () => {
  test('takes deltas that overtake the announcement of their attempt', () => {
    const room = play(LOG.slice(0, 4))
    const early = applyDelta(room, delta('t2', 0, 'Bo'))
    const started = play(LOG.slice(4, 5), early)
    expect(started.running['t2']?.answer.text).toBe('Bo')
    expect(started.running['t2']?.rank).toBe(0)
  })

  test('is dropped when a later attempt starts', () => {
    const room = applyDelta(play(LOG.slice(0, 5)), delta('t2', 0, 'half an answ'))
    const again = applyEvent(room, event(6, { name: 'turn.started', data: { ...bo, attempt: 2, rank: 0 } }))
    expect(again.running['t2']?.answer).toEqual({ attempt: 2, text: '', length: 0 })
    expect(applyDelta(again, delta('t2', 12, 'er', 1)).running['t2']?.answer.text).toBe('')
  })

  test('ignores what is still queued after its end', () => {
    const room = play(LOG)
    expect(applyDelta(room, delta('t2', 9, ' on'))).toBe(room)
  })

  test('keeps thoughts apart from the answer, and a gap in them harms nothing', () => {
    const room = play(LOG.slice(0, 5))
    const thinking = applyDelta(room, { ...delta('t2', 0, 'hm'), channel: 'reasoning' })
    const later = applyDelta(thinking, { ...delta('t2', 9, 'so'), channel: 'reasoning' })
    expect(later.running['t2']?.reasoning.text).toBe('hm')
    expect(later.running['t2']?.answer.text).toBe('')
    expect(later.stale).toBeNull()
  })
})

test('pins stand in the order of their pinning, and go with what is deleted', () => {
  const pin = (seq: number, name: 'message.pinned' | 'message.unpinned', id: string) => event(seq, { name, data: { message_id: id } })
  const pinned = [pin(11, 'message.pinned', 'm1'), pin(12, 'message.pinned', bo.reply_id), pin(13, 'message.pinned', 'older')]
  expect(play([...LOG, ...pinned]).pinned).toEqual(['m1', bo.reply_id, 'older'])
  expect(play([...LOG, ...pinned, pin(14, 'message.unpinned', bo.reply_id)]).pinned).toEqual(['m1', 'older'])
  const deleted = event(14, { name: 'message.deleted', data: { message_id: 'm1' } })
  expect(play([...LOG, ...pinned, deleted]).pinned).toEqual([bo.reply_id, 'older'])
})

test('a deleted message and a deleted reply disappear', () => {
  const room = play([
    ...LOG,
    event(11, { name: 'message.deleted', data: { message_id: 'm1' } }),
    event(12, { name: 'message.deleted', data: { message_id: bo.reply_id } }),
  ])
  expect(room.messages).toEqual({})
  expect(Object.keys(room.ended)).toEqual(['t1'])
})

test('the version that was made or chosen last counts, and each keeps what was thought of it', () => {
  const second = turn('t9', 'bo', 1, { reply_id: bo.reply_id, version: 2 })
  const liked = { rating: 1, comment: '' } as const
  const room = play([
    ...LOG,
    event(11, { name: 'turn.requested', data: second }),
    event(12, { name: 'reply.appended', data: { ...second, reply: reply(second, 'Bo speaks anew', 0) } }),
    event(13, { name: 'reply.version_selected', data: { ...bo, reply: reply(bo, 'Bo speaks', 0) } }),
    event(14, { name: 'feedback.given', data: { reply_id: bo.reply_id, version: 2, feedback: liked } }),
  ])
  expect(room.ended['t2']).toMatchObject({ since: 13, reply: { text: 'Bo speaks', feedback: null } })
  expect(room.ended['t9']).toMatchObject({ since: 12, reply: { text: 'Bo speaks anew', feedback: liked } })
})
