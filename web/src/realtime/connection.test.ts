import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import type { ClientFrame, ServerFrame } from '@/contracts/protocol'

import { Connection, type ConnectionStatus } from './connection'
import { FakeSocket, WELCOME } from './fakeSocket'

beforeEach(() => vi.useFakeTimers({ now: 0 }))
afterEach(() => vi.useRealTimers())

function open(tokens: (string | null | Error)[] = ['token']) {
  const sockets: FakeSocket[] = []
  const statuses: ConnectionStatus[] = []
  const frames: ServerFrame[] = []
  const renewals: boolean[] = []
  let welcomes = 0
  const connection = new Connection({
    openSocket: () => {
      const socket = new FakeSocket()
      sockets.push(socket)
      return socket
    },
    accessToken: async (renew) => {
      renewals.push(renew)
      const token = tokens.length > 1 ? tokens.shift() : tokens[0]
      if (token instanceof Error) throw token
      return token ?? null
    },
    handlers: {
      onStatus: (status) => statuses.push(status),
      onWelcome: () => (welcomes += 1),
      onFrames: (heard) => frames.push(...heard),
      onHeartbeat: () => undefined,
    },
    random: () => 0.5,
  })
  const latest = () => {
    const socket = sockets.at(-1)
    if (!socket) throw new Error('no socket was opened')
    return socket
  }
  return { connection, sockets, statuses, frames, renewals, latest, welcomes: () => welcomes }
}

async function online(world: ReturnType<typeof open>): Promise<void> {
  world.connection.start()
  await vi.advanceTimersByTimeAsync(0)
  world.latest().accept()
  world.latest().say(WELCOME)
}

const PING: ClientFrame = { type: 'ping' }

describe('a connection', () => {
  test('authenticates with its first frame and is online after welcome', async () => {
    const world = open()
    await online(world)
    expect(world.latest().sent).toEqual([{ type: 'authenticate', token: 'token' }])
    expect(world.statuses.at(-1)).toEqual({ phase: 'online' })
    expect(world.welcomes()).toBe(1)
  })

  test('hands over batches in order', async () => {
    const world = open()
    await online(world)
    world.latest().say([{ type: 'pong', id: null }, { type: 'ack', id: '1' }])
    expect(world.frames.map(({ type }) => type)).toEqual(['welcome', 'pong', 'ack'])
  })

  test('comes back with growing delays and forgets them after a good connection', async () => {
    const world = open()
    world.connection.start()
    const delays: number[] = []
    for (let attempt = 0; attempt < 4; attempt += 1) {
      await vi.advanceTimersByTimeAsync(0)
      world.latest().drop(1006)
      const status = world.statuses.at(-1)
      const delay = status?.phase === 'waiting' ? status.retryAt - Date.now() : 0
      delays.push(delay)
      await vi.advanceTimersByTimeAsync(delay)
    }
    expect(delays).toEqual([300, 600, 1200, 2400])
    world.latest().accept()
    world.latest().say(WELCOME)
    await vi.advanceTimersByTimeAsync(20_000)
    world.latest().drop(1012)
    expect(world.statuses.at(-1)).toMatchObject({ phase: 'waiting', retryAt: Date.now() + 300 })
  })

  test('keeps growing delays when connections die young', async () => {
    const world = open()
    await online(world)
    world.latest().drop(1006)
    await vi.advanceTimersByTimeAsync(300)
    world.latest().accept()
    world.latest().say(WELCOME)
    world.latest().drop(1006)
    expect(world.statuses.at(-1)).toMatchObject({ phase: 'waiting', attempt: 2 })
  })

  test('asks for a new token after 4001 and gives up when there is none', async () => {
    const world = open(['old', null])
    await online(world)
    world.latest().drop(4001)
    await vi.advanceTimersByTimeAsync(300)
    expect(world.renewals).toEqual([false, true])
    expect(world.statuses.at(-1)).toEqual({ phase: 'stopped', reason: 'signed-out' })
  })

  test('tries again when the token cannot be fetched for now', async () => {
    const world = open([new Error('offline'), 'token'])
    world.connection.start()
    await vi.advanceTimersByTimeAsync(0)
    expect(world.statuses.at(-1)).toMatchObject({ phase: 'waiting' })
    await vi.advanceTimersByTimeAsync(300)
    expect(world.sockets).toHaveLength(1)
  })

  test.each([
    [4003, 'forbidden'],
    [4009, 'limit'],
  ])('stays closed after %i', async (code, reason) => {
    const world = open()
    await online(world)
    world.latest().drop(code)
    await vi.advanceTimersByTimeAsync(120_000)
    expect(world.statuses.at(-1)).toEqual({ phase: 'stopped', reason })
    expect(world.sockets).toHaveLength(1)
  })

  test('waits longer after being rate limited', async () => {
    const world = open()
    await online(world)
    world.latest().drop(4029)
    await vi.advanceTimersByTimeAsync(15_000)
    expect(world.sockets).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(300)
    expect(world.sockets).toHaveLength(2)
  })

  test('pings on every heartbeat and gives up a connection that stays silent', async () => {
    const world = open()
    await online(world)
    await vi.advanceTimersByTimeAsync(30_000)
    expect(world.latest().sent.at(-1)).toEqual(PING)
    world.latest().say({ type: 'pong', id: null })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(world.statuses.at(-1)).toEqual({ phase: 'online' })
    await vi.advanceTimersByTimeAsync(30_000)
    expect(world.sockets[0]?.closed).toBe(true)
    expect(world.statuses.at(-1)).toMatchObject({ phase: 'waiting' })
  })

  test('gives up a handshake that never ends', async () => {
    const world = open()
    world.connection.start()
    await vi.advanceTimersByTimeAsync(15_000)
    expect(world.statuses.at(-1)).toMatchObject({ phase: 'waiting' })
  })

  test('renews its token without a new connection', async () => {
    const world = open(['first', 'second'])
    await online(world)
    world.latest().say({ type: 'notice', name: 'token.expiring', session_id: null, data: { expires_at: '2030-01-01T00:00:00Z' } })
    await vi.advanceTimersByTimeAsync(0)
    expect(world.latest().sent.at(-1)).toEqual({ type: 'authenticate', token: 'second' })
    world.latest().say(WELCOME)
    expect(world.welcomes()).toBe(1)
    expect(world.sockets).toHaveLength(1)
  })

  test('sends nothing while it is not authenticated, and says so', async () => {
    const world = open()
    world.connection.start()
    await vi.advanceTimersByTimeAsync(0)
    world.latest().accept()
    expect(world.connection.send(PING)).toBe(false)
    world.latest().say(WELCOME)
    expect(world.connection.send(PING)).toBe(true)
  })

  test('does not wait when somebody asks', async () => {
    const world = open()
    await online(world)
    world.latest().drop(4029)
    world.connection.retryNow()
    await vi.advanceTimersByTimeAsync(0)
    expect(world.sockets).toHaveLength(2)
  })

  test('stays silent after being stopped', async () => {
    const world = open()
    await online(world)
    world.connection.stop()
    await vi.advanceTimersByTimeAsync(600_000)
    expect(world.sockets).toHaveLength(1)
    expect(world.latest().closed).toBe(true)
  })
})
