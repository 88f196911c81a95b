import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import type { ClientFrame, ContextUsage, ModelAvailabilityData } from '@/contracts/protocol'

import { FakeSocket, WELCOME } from './fakeSocket'
import { LiveRooms } from './liveRooms'
import { EPOCH, ROOM, attached, delta, event, message, meter, refusal, reply, turn, usage } from './sampleFrames'

beforeEach(() => vi.useFakeTimers({ now: 0 }))
afterEach(() => vi.useRealTimers())

async function begin(
  readUsage: () => Promise<ContextUsage> = async () => usage(0),
  onModelAvailability?: (standing: ModelAvailabilityData) => void,
) {
  const sockets: FakeSocket[] = []
  const live = new LiveRooms({
    openSocket: () => {
      const socket = new FakeSocket()
      sockets.push(socket)
      return socket
    },
    accessToken: async () => 'token',
    schedule: (flush) => flush(),
    readUsage,
    onModelAvailability,
    random: () => 0,
  })
  const socket = () => sockets.at(-1) ?? new FakeSocket()
  const connect = async () => {
    await vi.advanceTimersByTimeAsync(31_000)
    socket().accept()
    socket().say(WELCOME)
  }
  live.start()
  await connect()
  const sent = <T extends ClientFrame['type']>(type: T) =>
    socket().sent.filter((frame): frame is Extract<ClientFrame, { type: T }> => frame.type === type)
  return { live, socket, connect, sent, room: () => live.store.getState().rooms[ROOM] }
}

const posted = event(1, { name: 'message.posted', data: { message: message('m1') } })

describe('live rooms', () => {
  test('hand on what is said about a model, which is of no room', async () => {
    const heard: ModelAvailabilityData[] = []
    const { socket } = await begin(undefined, (standing) => heard.push(standing))
    const data: ModelAvailabilityData = { model_id: 'a', availability: 'unavailable', retry_at: null }
    socket().say({ type: 'notice', name: 'model.availability', session_id: null, data })
    expect(heard).toEqual([data])
  })

  test('attach a followed room again where it was left', async () => {
    const { live, socket, connect, sent } = await begin()
    live.follow(ROOM)
    expect(sent('attach')).toMatchObject([{ session_id: ROOM }])
    expect(sent('attach')[0]).not.toHaveProperty('after')
    socket().say([attached(), posted])
    socket().drop(1006)
    await connect()
    expect(sent('attach')).toMatchObject([{ session_id: ROOM, after: 1, epoch: EPOCH }])
  })

  test('send an unconfirmed post again under the same id, and not once the log has it', async () => {
    const { live, socket, connect, sent } = await begin()
    live.follow(ROOM)
    socket().say(attached())
    live.post(ROOM, 'Hello')
    const [first] = sent('post')
    socket().say({ type: 'accepted', id: null, client_message_id: first?.client_message_id ?? '' })
    socket().drop(1006)
    await connect()
    expect(sent('post')).toEqual([first])
    const stored = { ...message('m1'), client_message_id: first?.client_message_id ?? '' }
    socket().say([attached({ recovered: true }), event(1, { name: 'message.posted', data: { message: stored } })])
    expect(live.store.getState().outbox).toEqual({})
    socket().drop(1006)
    await connect()
    expect(sent('post')).toEqual([])
  })

  test('keep what is said offline and send it in order', async () => {
    const { live, socket, connect, sent } = await begin()
    socket().drop(1006)
    live.post(ROOM, 'one')
    vi.setSystemTime(Date.now() + 5)
    live.post(ROOM, 'two')
    await connect()
    expect(sent('post').map(({ content }) => content)).toEqual(['one', 'two'])
  })

  test('send a post again that nobody answered on a live connection', async () => {
    const { live, socket, sent } = await begin()
    live.post(ROOM, 'Hello')
    await vi.advanceTimersByTimeAsync(30_000)
    socket().say({ type: 'pong', id: null })
    expect(sent('post')).toHaveLength(2)
    expect(new Set(sent('post').map(({ client_message_id }) => client_message_id)).size).toBe(1)
  })

  test('attach again after a gap in the log, and from the newest page if that does not help', async () => {
    const { live, socket, sent, room } = await begin()
    live.follow(ROOM)
    socket().say(attached())
    await vi.advanceTimersByTimeAsync(2_000)
    socket().say({ ...posted, seq: 3 })
    expect(sent('attach').at(-1)).toMatchObject({ after: 0 })
    await vi.advanceTimersByTimeAsync(2_000)
    socket().say(attached({ recovered: true, head_seq: 3 }))
    expect(sent('attach').at(-1)).not.toHaveProperty('after')
    socket().say(attached({ head_seq: 3 }))
    expect(room()).toMatchObject({ headSeq: 3, stale: null })
  })

  test('ask at most once a second when an answer keeps having gaps', async () => {
    const { live, socket, sent } = await begin()
    live.follow(ROOM)
    socket().say(attached({ running: [turn('t1')] }))
    for (let offset = 1; offset < 50; offset += 1) socket().say(delta('t1', offset, 'x'))
    expect(sent('attach')).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(sent('attach')).toHaveLength(2)
  })

  test('fill the meters of a room once it is attached', async () => {
    const { live, socket, room } = await begin(async () => usage(42))
    live.follow(ROOM)
    socket().say(attached())
    await vi.advanceTimersByTimeAsync(0)
    expect(room()?.usage).toEqual(usage(42))
  })

  test('keep a notice of the meters that overtook the answer to the question for them', async () => {
    let answer: (usage: ContextUsage) => void = () => undefined
    const { live, socket, room } = await begin(() => new Promise((resolve) => (answer = resolve)))
    live.follow(ROOM)
    socket().say(attached())
    socket().say({ type: 'notice', name: 'context.usage', session_id: ROOM, data: usage(2) })
    answer(usage(1))
    await vi.advanceTimersByTimeAsync(0)
    expect(room()?.usage).toEqual(usage(2))
  })

  test('read which messages are no longer seen as soon as a notice says that there are any', async () => {
    const listed = { ...usage(3), participants: [meter('ada', { left_out: 2, unseen: ['m1', 'm2'] })] }
    const answers = [usage(1), listed]
    const { live, socket, room } = await begin(async () => answers.shift() ?? usage(0))
    live.follow(ROOM)
    socket().say(attached())
    await vi.advanceTimersByTimeAsync(0)
    socket().say({ type: 'notice', name: 'context.usage', session_id: ROOM, data: { ...usage(2), participants: [meter('ada')] } })
    await vi.advanceTimersByTimeAsync(0)
    expect(answers).toHaveLength(1)
    const fell = { ...usage(3), participants: [meter('ada', { left_out: 2 })] }
    socket().say({ type: 'notice', name: 'context.usage', session_id: ROOM, data: fell })
    await vi.advanceTimersByTimeAsync(0)
    expect(room()?.usage).toEqual(listed)
  })

  test('go on without meters when they cannot be read', async () => {
    const { live, socket, room } = await begin(() => Promise.reject(new Error('down')))
    live.follow(ROOM)
    socket().say(attached())
    await vi.advanceTimersByTimeAsync(0)
    expect(room()?.usage).toBeNull()
  })

  test('ask again for a room that cannot be attached for the moment', async () => {
    const { live, socket, sent, room } = await begin()
    live.follow(ROOM)
    socket().say(refusal({ id: sent('attach')[0]?.id ?? '' }))
    expect(sent('attach')).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(sent('attach')).toHaveLength(2)
    socket().say(attached())
    await vi.advanceTimersByTimeAsync(2_000)
    expect(sent('attach')).toHaveLength(2)
    expect(room()).toBeDefined()
  })

  test('send a post that is refused for the moment again, later each time, and at once when the service is back', async () => {
    const { live, socket, sent } = await begin()
    live.post(ROOM, 'Hello')
    const clientMessageId = sent('post')[0]?.client_message_id ?? ''
    socket().say(refusal({ client_message_id: clientMessageId }))
    await vi.advanceTimersByTimeAsync(100)
    socket().say(refusal({ client_message_id: clientMessageId }))
    await vi.advanceTimersByTimeAsync(100)
    expect(sent('post')).toHaveLength(2)
    const redis = { dependency: 'redis', message: '' } as const
    socket().say({ type: 'notice', name: 'service.recovered', session_id: null, data: redis })
    await vi.advanceTimersByTimeAsync(0)
    expect(sent('post').map(({ client_message_id }) => client_message_id)).toEqual(Array(3).fill(clientMessageId))
    socket().say({ type: 'accepted', id: null, client_message_id: clientMessageId })
    await vi.advanceTimersByTimeAsync(20_000)
    expect(sent('post')).toHaveLength(3)
  })

  test('do not send a post again that is refused for good', async () => {
    const { live, socket, sent } = await begin()
    live.post(ROOM, 'Hello')
    socket().say(refusal({ client_message_id: sent('post')[0]?.client_message_id ?? '', retryable: false }))
    await vi.advanceTimersByTimeAsync(20_000)
    expect(sent('post')).toHaveLength(1)
  })

  test('remember why a room cannot be followed', async () => {
    const { live, socket, sent } = await begin()
    live.follow(ROOM)
    const id = sent('attach')[0]?.id ?? ''
    socket().say(refusal({ id, code: 'SESSION_NOT_FOUND', retryable: false }))
    expect(live.store.getState().refused).toEqual({ [ROOM]: 'SESSION_NOT_FOUND' })
  })

  test('detach and forget a room that nobody follows any more', async () => {
    const { live, socket, sent, room } = await begin()
    const leave = live.follow(ROOM)
    const leaveToo = live.follow(ROOM)
    socket().say(attached())
    leave()
    expect(room()).toBeDefined()
    leaveToo()
    expect(room()).toBeUndefined()
    expect(sent('detach')).toEqual([{ type: 'detach', session_id: ROOM }])
  })

  test('say whether a stop was taken, and show it until what it stops has ended', async () => {
    const { live, socket, sent } = await begin()
    live.follow(ROOM)
    socket().say(attached({ running: [turn('t1'), turn('t2', 'bo')] }))
    const answer = live.stopTurns(ROOM, 't1')
    const [stop] = sent('stop')
    expect(stop).toMatchObject({ session_id: ROOM, turn_id: 't1' })
    socket().say({ type: 'ack', id: stop?.id ?? null })
    expect(await answer).toBe('taken')
    expect(Object.keys(live.store.getState().stops)).toEqual([stop?.id])
    socket().say(event(1, { name: 'reply.appended', data: { ...turn('t1'), reply: reply(turn('t1'), 'Hi', 0) } }))
    expect(live.store.getState().stops).toEqual({})
  })

  test('do not show a stop that was refused, offline, or not answered', async () => {
    const { live, socket, sent } = await begin()
    live.follow(ROOM)
    socket().say(attached({ running: [turn('t1')] }))
    const refused = live.stopTurns(ROOM)
    socket().say(refusal({ id: sent('stop')[0]?.id ?? null, session_id: ROOM }))
    expect(await refused).toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    const unanswered = live.stopTurns(ROOM)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await unanswered).toMatchObject({ code: 'TIMEOUT' })
    expect(sent('attach')).toHaveLength(1)
    socket().drop(1006)
    expect(await live.stopTurns(ROOM)).toBe('offline')
    expect(live.store.getState().stops).toEqual({})
  })

  test('ask for a stop again that a broken connection left unanswered', async () => {
    const { live, socket, connect, sent } = await begin()
    live.follow(ROOM)
    socket().say(attached({ running: [turn('t1')] }))
    const answer = live.stopTurns(ROOM)
    const [first] = sent('stop')
    socket().drop(1006)
    await connect()
    expect(sent('stop')).toEqual([first])
    socket().say({ type: 'ack', id: first?.id ?? null })
    expect(await answer).toBe('taken')
  })

  test('forget everything on signing out', async () => {
    const { live, socket } = await begin()
    live.follow(ROOM)
    socket().say(attached())
    live.post(ROOM, 'secret')
    live.stop()
    expect(live.store.getState()).toMatchObject({ rooms: {}, outbox: {}, status: { phase: 'idle' } })
  })
})
