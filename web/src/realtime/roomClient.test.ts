import { describe, expect, test } from 'vitest'

import type { ServerFrame } from '@/contracts/protocol'

import { addPost } from './outbox'
import { MAX_WAITING_DELTAS, NOTHING_HEARD, applyFrames, forgetRoom } from './roomClient'
import { ROOM, attached, delta, event, message, reply, turn } from './sampleFrames'

const requested = event(1, { name: 'turn.requested', data: turn('t1') })

describe('frames of the server', () => {
  test('let deltas of a turn that is not announced yet wait for it', () => {
    const frames: ServerFrame[] = [attached(), delta('t1', 0, 'Hel'), delta('t1', 3, 'lo'), requested]
    const client = applyFrames(NOTHING_HEARD, frames)
    expect(client.rooms[ROOM]?.running['t1']?.answer.text).toBe('Hello')
    expect(client.waiting).toEqual([])
  })

  test('let only so many deltas wait, and what was lost shows as a gap', () => {
    const early = Array.from({ length: MAX_WAITING_DELTAS + 1 }, (_, offset) => delta('t1', offset, 'x'))
    const waiting = applyFrames(NOTHING_HEARD, [attached(), ...early])
    expect(waiting.waiting).toHaveLength(MAX_WAITING_DELTAS)
    expect(applyFrames(waiting, [requested]).rooms[ROOM]?.stale).toBe('text')
  })

  test('drop deltas of a turn that has ended', () => {
    const end = event(2, { name: 'reply.appended', data: { ...turn('t1'), reply: reply(turn('t1'), 'Hello', 0) } })
    const client = applyFrames(NOTHING_HEARD, [attached(), requested, end, delta('t1', 5, '!')])
    expect(client.waiting).toEqual([])
    expect(client.roomOfTurn).toEqual({})
  })

  test('say when a summary changed, also across a fresh attach', () => {
    const data = { change: 'written', id: 's1', version: 1, entries: 4 } as const
    const notice: ServerFrame = { type: 'notice', name: 'context.summary', session_id: ROOM, data }
    const client = applyFrames(NOTHING_HEARD, [notice, attached(), notice, notice, attached({ epoch: 'epoch-2' })])
    expect(client.rooms[ROOM]?.summaryChanges).toBe(2)
  })

  test('of rooms that nobody follows change nothing', () => {
    expect(applyFrames(NOTHING_HEARD, [requested])).toBe(NOTHING_HEARD)
  })

  test('take a post out of the outbox only when the log has it', () => {
    const post = { clientMessageId: 'client-m1', sessionId: ROOM, content: 'hi', to: null, createdAt: 0 }
    const said = { ...NOTHING_HEARD, outbox: addPost({}, post) }
    const accepted = applyFrames(said, [attached(), { type: 'accepted', id: null, client_message_id: 'client-m1' }])
    expect(accepted.outbox['client-m1']?.state).toBe('accepted')
    const posted = event(1, { name: 'message.posted', data: { message: message('m1') } })
    expect(applyFrames(accepted, [posted]).outbox).toEqual({})
    const page = attached({ messages: [{ kind: 'user', message: message('m1') }] })
    expect(applyFrames(said, [page]).outbox).toEqual({})
  })

  test('keep a refused post with its reason', () => {
    const post = { clientMessageId: 'c', sessionId: ROOM, content: 'hi', to: null, createdAt: 0 }
    const refusal: ServerFrame = {
      type: 'error',
      id: null,
      session_id: null,
      client_message_id: 'c',
      code: 'SESSION_ARCHIVED',
      category: 'business',
      message: 'Archived',
      retryable: false,
      details: {},
    }
    const client = applyFrames({ ...NOTHING_HEARD, outbox: addPost({}, post) }, [refusal])
    expect(client.outbox['c']).toMatchObject({ state: 'refused', error: { code: 'SESSION_ARCHIVED' } })
  })

  test('say what is degraded until it is back', () => {
    const notice = (name: 'service.degraded' | 'service.recovered'): ServerFrame => ({
      type: 'notice',
      name,
      session_id: null,
      data: { dependency: 'postgres', message: 'Storage is away' },
    })
    const degraded = applyFrames(NOTHING_HEARD, [notice('service.degraded')])
    expect(degraded.degraded).toEqual({ postgres: 'Storage is away' })
    expect(applyFrames(degraded, [notice('service.recovered')]).degraded).toEqual({})
  })
})

test('a forgotten room leaves nothing behind', () => {
  const client = applyFrames(NOTHING_HEARD, [attached(), requested])
  expect(forgetRoom(client, ROOM)).toEqual(NOTHING_HEARD)
})
