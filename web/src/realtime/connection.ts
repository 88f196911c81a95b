/**
 * One WebSocket to the gateway, kept alive for as long as somebody is signed in.
 *
 * It authenticates with its first frame, so that no token is ever part of a URL; notices silence; comes back by itself
 * with growing, jittered delays. It knows nothing of rooms: `handlers` says what to do on welcome, with frames, and on
 * every heartbeat. Sockets, clock and chance come from outside, so that tests need neither browser nor waiting.
 */
import type { ClientFrame, ServerFrame } from '@/contracts/protocol'

import { RATE_LIMITED_DELAY_MS, backoffDelay } from './backoff'

export const SUBPROTOCOL = 'palaver.v1'

/** So many pings without a word in return mean that the connection is dead, whatever the browser believes. Pings are
 * counted, not seconds: timers of hidden pages run late. */
const MAX_UNANSWERED_PINGS = 2
/** Until `welcome` has said its own. */
const DEFAULT_HEARTBEAT_SECONDS = 30
/** From opening the socket to `welcome`. */
const HANDSHAKE_TIMEOUT_MS = 15_000
/** A connection that lived this long was a good one: the next failure starts with the shortest delay again. */
const STABLE_AFTER_MS = 10_000

const CLOSE = { unauthenticated: 4001, forbidden: 4003, limit: 4009, rateLimited: 4029 } as const
const OPEN = 1

export type StopReason = 'signed-out' | 'forbidden' | 'limit'

export type ConnectionStatus =
  | { readonly phase: 'idle' }
  | { readonly phase: 'connecting'; readonly attempt: number }
  | { readonly phase: 'online' }
  | { readonly phase: 'waiting'; readonly attempt: number; readonly retryAt: number }
  | { readonly phase: 'stopped'; readonly reason: StopReason }

export interface Socket {
  readonly readyState: number
  onopen: (() => void) | null
  onmessage: ((event: { data: unknown }) => void) | null
  onclose: ((event: { code: number }) => void) | null
  send(data: string): void
  close(code?: number): void
}

export interface ConnectionHandlers {
  onStatus(status: ConnectionStatus): void
  /** Authenticated: attach, and send again what is unconfirmed. */
  onWelcome(): void
  onFrames(frames: readonly ServerFrame[]): void
  onHeartbeat(): void
}

export interface ConnectionOptions {
  readonly openSocket: () => Socket
  /** A valid access token; `renew` says that the server refused the last one. Null: nobody is signed in. Throws: try later. */
  readonly accessToken: (renew: boolean) => Promise<string | null>
  readonly handlers: ConnectionHandlers
  readonly random?: () => number
  readonly now?: () => number
}

export class Connection {
  readonly #options: ConnectionOptions
  readonly #random: () => number
  readonly #now: () => number
  #socket: Socket | null = null
  #welcomed = false
  #attempt = 0
  #renew = false
  #unanswered = 0
  #welcomedAt = 0
  #retry: ReturnType<typeof setTimeout> | undefined
  #handshake: ReturnType<typeof setTimeout> | undefined
  #heartbeat: ReturnType<typeof setInterval> | undefined
  /** Grows with every start and stop: what an earlier one still has under way is void. */
  #generation = 0

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.#random = options.random ?? Math.random
    this.#now = options.now ?? Date.now
  }

  get online(): boolean {
    return this.#welcomed
  }

  start(): void {
    this.#attempt = 0
    this.#connect()
  }

  stop(reason: StopReason = 'signed-out'): void {
    this.#drop()
    this.#options.handlers.onStatus({ phase: 'stopped', reason })
  }

  /** The network is back, or a person asks: do not wait for the next attempt. */
  retryNow(): void {
    if (this.#welcomed || this.#handshake !== undefined) return
    this.start()
  }

  /** Give the live connection a fresh token before the old one ends. */
  async renew(): Promise<void> {
    const generation = this.#generation
    const token = await this.#options.accessToken(true)
    if (token !== null && generation === this.#generation && this.#welcomed) this.send({ type: 'authenticate', token })
  }

  /** False if there is no connection: the caller keeps what it wanted to say. */
  send(frame: ClientFrame): boolean {
    if (!this.#welcomed || this.#socket?.readyState !== OPEN) return false
    this.#socket.send(JSON.stringify(frame))
    return true
  }

  #connect(): void {
    this.#drop()
    const generation = this.#generation
    this.#options.handlers.onStatus({ phase: 'connecting', attempt: this.#attempt })
    this.#handshake = setTimeout(() => this.#lost(0), HANDSHAKE_TIMEOUT_MS)
    this.#options.accessToken(this.#renew).then(
      (token) => {
        if (generation !== this.#generation) return
        this.#renew = false
        if (token === null) this.stop('signed-out')
        else this.#open(token)
      },
      () => {
        if (generation === this.#generation) this.#lost(0)
      },
    )
  }

  #open(token: string): void {
    const socket = this.#options.openSocket()
    this.#socket = socket
    socket.onopen = () => socket.send(JSON.stringify({ type: 'authenticate', token } satisfies ClientFrame))
    socket.onmessage = ({ data }) => this.#hear(data)
    socket.onclose = ({ code }) => this.#lost(code)
  }

  #hear(data: unknown): void {
    this.#unanswered = 0
    if (typeof data !== 'string') return
    const frames = parseFrames(data)
    const welcome = this.#welcomed ? undefined : frames.find((frame) => frame.type === 'welcome')
    // Limits and what is degraded are known before anything is asked on the new connection.
    this.#options.handlers.onFrames(frames)
    if (welcome) this.#greet(welcome.heartbeat_seconds)
    if (frames.some((frame) => frame.type === 'notice' && frame.name === 'token.expiring')) {
      this.renew().catch(() => undefined) // The server closes with 4001 if it stays without a token.
    }
  }

  #greet(heartbeatSeconds: number): void {
    clearTimeout(this.#handshake)
    this.#handshake = undefined
    this.#welcomed = true
    this.#unanswered = 0
    this.#welcomedAt = this.#now()
    const period = Math.max(1, heartbeatSeconds || DEFAULT_HEARTBEAT_SECONDS) * 1_000
    this.#heartbeat = setInterval(() => this.#beat(), period)
    this.#options.handlers.onStatus({ phase: 'online' })
    this.#options.handlers.onWelcome()
  }

  #beat(): void {
    if (this.#unanswered >= MAX_UNANSWERED_PINGS) {
      this.#lost(0)
      return
    }
    this.#unanswered += 1
    this.send({ type: 'ping' })
    this.#options.handlers.onHeartbeat()
  }

  #lost(code: number): void {
    if (this.#welcomed && this.#now() - this.#welcomedAt >= STABLE_AFTER_MS) this.#attempt = 0
    this.#drop()
    if (code === CLOSE.forbidden) return this.stop('forbidden')
    if (code === CLOSE.limit) return this.stop('limit')
    this.#renew = code === CLOSE.unauthenticated
    const floor = code === CLOSE.rateLimited ? RATE_LIMITED_DELAY_MS : 0
    const delay = floor + backoffDelay(this.#attempt, this.#random())
    this.#attempt += 1
    this.#options.handlers.onStatus({ phase: 'waiting', attempt: this.#attempt, retryAt: this.#now() + delay })
    this.#retry = setTimeout(() => this.#connect(), delay)
  }

  #drop(): void {
    this.#generation += 1
    clearTimeout(this.#retry)
    clearTimeout(this.#handshake)
    clearInterval(this.#heartbeat)
    this.#handshake = undefined
    this.#welcomed = false
    const socket = this.#socket
    this.#socket = null
    if (!socket) return
    socket.onopen = null
    socket.onmessage = null
    socket.onclose = null
    socket.close(1000)
  }
}

function parseFrames(data: string): ServerFrame[] {
  // The server's own frames, checked against the contracts where they are made.
  const parsed = JSON.parse(data) as ServerFrame | ServerFrame[]
  return Array.isArray(parsed) ? parsed : [parsed]
}
