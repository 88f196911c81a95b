/**
 * The one owner of the live state: feeds the connection's frames to the pure reducers, once per screen frame, and keeps
 * the promises that need a connection: rooms that are followed are attached, gaps are healed, posts are sent until the
 * log confirms them.
 */
import { type StoreApi, createStore } from 'zustand/vanilla'

import type { FailureReason, MessageItem } from '@/contracts/frames'
import type { ClientFrame, ContextUsage, KeyQuotaData, KeyUnusualData, ModelAvailabilityData, RoomsData, ServerFrame } from '@/contracts/protocol'
import { newId } from '@/lib/ids'

import { backoffDelay } from './backoff'
import { Connection, type ConnectionOptions, type ConnectionStatus } from './connection'
import { leavesOut } from './meters'
import { type Outbox, type PendingPost, addPost, markPosted, markSent, markWaiting, unconfirmed } from './outbox'
import { NOTHING_HEARD, type RoomClient, addOlderPage, applyFrames, fillMeters, forgetRoom } from './roomClient'
import { type Stop, addStop, dropStop } from './stops'

/** A post that the gateway has not accepted for this long is sent again. */
const RESEND_AFTER_MS = 10_000
/** An unanswered or repeated attach is not asked again sooner. */
const ATTACH_INTERVAL_MS = 1_000
/** A stop that the server has not taken for this long on a live connection has failed. */
const STOP_WITHIN_MS = 10_000

/** Whether the server has taken a stop and will see it through; else why not. */
export type StopAnswer = 'taken' | 'offline' | FailureReason

export interface LiveState extends RoomClient {
  readonly status: ConnectionStatus
}

export interface LiveRoomsOptions extends Pick<ConnectionOptions, 'openSocket' | 'accessToken'> {
  /** Runs `flush` soon, once: the screen's own rhythm in a browser. */
  readonly schedule: (flush: () => void) => void
  /** The meters of a room as they stand now: notices tell their changes only. */
  readonly readUsage: (sessionId: string) => Promise<ContextUsage>
  /** A key comes near its quota, or has used it up. */
  readonly onKeyQuota?: (quota: KeyQuotaData) => void
  readonly onUnusualKey?: (unusual: KeyUnusualData) => void
  /** A model would answer otherwise than before. */
  readonly onModelAvailability?: (standing: ModelAvailabilityData) => void
  /** One of the person's rooms came, changed or went, perhaps on another device. */
  readonly onRoomsChanged?: (room: RoomsData) => void
  readonly now?: () => number
  readonly random?: () => number
}

interface AskedStop {
  readonly stop: Stop
  readonly answered: (answer: StopAnswer) => void
  late: ReturnType<typeof setTimeout> | undefined
}

interface AttachAttempt {
  readonly at: number
  readonly after: number | undefined
}

export class LiveRooms {
  readonly store: StoreApi<LiveState> = createStore<LiveState>(() => ({ ...NOTHING_HEARD, status: { phase: 'idle' } }))
  readonly #options: LiveRoomsOptions
  readonly #now: () => number
  readonly #connection: Connection
  /** How many views follow each room. */
  readonly #followers = new Map<string, number>()
  readonly #attempts = new Map<string, AttachAttempt>()
  /** Request id → room, because a refused attach need not name it. */
  readonly #asked = new Map<string, string>()
  /** Rooms with an attach on a timer. */
  readonly #later = new Set<string>()
  /** Rooms whose attach was refused for the moment. */
  readonly #unattached = new Set<string>()
  /** Stops that the server has not answered yet. */
  readonly #stops = new Map<string, AskedStop>()
  /** How often in a row posts were refused for the moment. */
  #postRefusals = 0
  #postRetry: ReturnType<typeof setTimeout> | undefined
  #queue: ServerFrame[] = []
  #scheduled = false

  constructor(options: LiveRoomsOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
    this.#connection = new Connection({
      ...options,
      handlers: {
        onStatus: (status) => this.store.setState({ status }),
        onWelcome: () => this.#takeUp(),
        onFrames: (frames) => this.#enqueue(frames),
        onHeartbeat: () => this.#resendLate(),
      },
    })
  }

  start(): void {
    this.#connection.start()
  }

  /** Forget everything that belonged to the person who signed out. */
  stop(): void {
    this.#connection.stop('signed-out')
    clearTimeout(this.#postRetry)
    this.#queue = []
    this.#followers.clear()
    for (const id of this.#stops.keys()) this.#answerStop(id, 'offline')
    this.store.setState({ ...NOTHING_HEARD, status: { phase: 'idle' } })
  }

  /** The network is back, or a person asks. */
  retryNow(): void {
    this.#connection.retryNow()
  }

  /** Follow a room until the returned function is called. */
  follow(sessionId: string): () => void {
    const before = this.#followers.get(sessionId) ?? 0
    this.#followers.set(sessionId, before + 1)
    if (before === 0) this.#attach(sessionId)
    return () => this.#unfollow(sessionId)
  }

  /** Say something; it is kept and repeated until the log has it. */
  post(sessionId: string, content: string, to: readonly string[] | null = null): void {
    const clientMessageId = newId()
    const post = { clientMessageId, sessionId, content, to, createdAt: this.#now() }
    this.store.setState(({ outbox }) => ({ outbox: addPost(outbox, post) }))
    this.retryPost(clientMessageId)
  }

  retryPost(clientMessageId: string): void {
    this.store.setState(({ outbox }) => ({ outbox: markWaiting(outbox, clientMessageId) }))
    const post = this.store.getState().outbox[clientMessageId]
    if (post) this.#sendPost(post)
  }

  discardPost(clientMessageId: string): void {
    this.store.setState(({ outbox }) => ({ outbox: markPosted(outbox, clientMessageId) }))
  }

  /** What an earlier page of the same tab left unconfirmed. */
  restoreOutbox(outbox: Outbox): void {
    this.store.setState((client) => ({ outbox: { ...outbox, ...client.outbox } }))
  }

  /** Stop one turn, or without one everything that runs or waits in the room. Asked again after a broken connection. */
  stopTurns(sessionId: string, turnId: string | null = null): Promise<StopAnswer> {
    if (!this.#connection.online) return Promise.resolve('offline')
    const running = Object.keys(this.store.getState().rooms[sessionId]?.running ?? {})
    const stop = { id: newId(), sessionId, turnId, turns: turnId === null ? running : [turnId] }
    this.store.setState(({ stops }) => ({ stops: addStop(stops, stop) }))
    return new Promise((answered) => {
      const asked: AskedStop = { stop, answered, late: undefined }
      this.#stops.set(stop.id, asked)
      this.#sendStop(asked)
    })
  }

  addOlderPage(sessionId: string, items: readonly MessageItem[]): void {
    this.store.setState((client) => addOlderPage(client, sessionId, items))
  }

  #takeUp(): void {
    this.#flush()
    this.#attempts.clear()
    this.#asked.clear()
    this.#unattached.clear()
    for (const sessionId of this.#followers.keys()) this.#attach(sessionId)
    for (const post of unconfirmed(this.store.getState().outbox)) this.#sendPost(post)
    for (const asked of this.#stops.values()) this.#sendStop(asked)
  }

  #sendStop(asked: AskedStop): void {
    const { id, sessionId, turnId } = asked.stop
    this.#connection.send({ type: 'stop', id, session_id: sessionId, ...(turnId === null ? {} : { turn_id: turnId }) })
    clearTimeout(asked.late)
    asked.late = setTimeout(() => {
      // Without a connection it is asked again on the next one.
      if (this.#connection.online) this.#answerStop(id, { code: 'TIMEOUT', message: '', retryable: true })
    }, STOP_WITHIN_MS)
  }

  #answerStop(id: string, answer: StopAnswer): void {
    const asked = this.#stops.get(id)
    if (!asked) return
    this.#stops.delete(id)
    clearTimeout(asked.late)
    if (answer !== 'taken') this.store.setState(({ stops }) => ({ stops: dropStop(stops, id) }))
    asked.answered(answer)
  }

  #enqueue(frames: readonly ServerFrame[]): void {
    for (const frame of frames) {
      const late = frame.type === 'attached' && !this.#followers.has(frame.session_id)
      if (late) continue
      const named = this.#withRoomNamed(frame)
      this.#queue.push(named)
      this.#heed(named)
    }
    if (this.#scheduled) return
    this.#scheduled = true
    this.#options.schedule(() => this.#flush())
  }

  #withRoomNamed(frame: ServerFrame): ServerFrame {
    if ((frame.type !== 'error' && frame.type !== 'attached') || !frame.id) return frame
    const sessionId = this.#asked.get(frame.id)
    this.#asked.delete(frame.id)
    return frame.type === 'error' && sessionId ? { ...frame, session_id: frame.session_id ?? sessionId } : frame
  }

  /** What was refused for the moment is asked again: rooms every second, posts with growing delays. */
  #heed(frame: ServerFrame): void {
    if ((frame.type === 'ack' || frame.type === 'error') && frame.id && this.#stops.has(frame.id)) {
      this.#answerStop(frame.id, frame.type === 'error' ? frame : 'taken')
      return
    }
    if (frame.type === 'attached') this.#unattached.delete(frame.session_id)
    if (frame.type === 'accepted') this.#postRefusals = 0
    if (frame.type === 'notice' && frame.name === 'service.recovered') this.#resendIn(0)
    if (frame.type === 'notice' && frame.name === 'key.quota') this.#options.onKeyQuota?.(frame.data)
    if (frame.type === 'notice' && frame.name === 'key.unusual') this.#options.onUnusualKey?.(frame.data)
    if (frame.type === 'notice' && frame.name === 'model.availability') this.#options.onModelAvailability?.(frame.data)
    if (frame.type === 'notice' && frame.name === 'rooms.changed') {
      this.#options.onRoomsChanged?.(frame.data)
      const { session_id: restored, change } = frame.data
      if (change === 'restored' && this.#followers.has(restored)) {
        this.#unattached.add(restored) // so that it is asked for later, too, if it was asked for just now
        this.#attach(restored)
      }
    }
    if (frame.type !== 'error' || !frame.retryable) return
    if (frame.client_message_id) {
      this.#resendIn(backoffDelay(this.#postRefusals, (this.#options.random ?? Math.random)()))
      this.#postRefusals += 1
    } else if (frame.session_id && this.#followers.has(frame.session_id)) {
      this.#unattached.add(frame.session_id)
      this.#attachLater(frame.session_id)
    }
  }

  #resendIn(delay: number): void {
    clearTimeout(this.#postRetry)
    this.#postRetry = setTimeout(() => {
      for (const post of unconfirmed(this.store.getState().outbox)) {
        if (post.state === 'waiting') this.#sendPost(post)
      }
    }, delay)
  }

  #flush(): void {
    this.#scheduled = false
    if (this.#queue.length === 0) return
    const frames = this.#queue
    this.#queue = []
    this.store.setState((client) => applyFrames(client, frames))
    const unread = new Set(frames.flatMap(metersToRead))
    for (const sessionId of this.#followers.keys()) {
      if (unread.has(sessionId)) void this.#readMeters(sessionId)
      if (this.store.getState().rooms[sessionId]?.stale) this.#attach(sessionId)
    }
  }

  /** A notice that comes meanwhile is newer than the answer, and stays. */
  async #readMeters(sessionId: string): Promise<void> {
    const before = this.store.getState().rooms[sessionId]?.usage
    try {
      const usage = await this.#options.readUsage(sessionId)
      this.store.setState((client) => fillMeters(client, sessionId, usage, before))
    } catch {
      // Without an answer the next notice fills the meters.
    }
  }

  #attach(sessionId: string): void {
    const room = this.store.getState().rooms[sessionId]
    const last = this.#attempts.get(sessionId)
    if (last && this.#now() - last.at < ATTACH_INTERVAL_MS) {
      this.#attachLater(sessionId)
      return
    }
    // The log could not be continued from this position the last time: start from the newest page.
    const hopeless = room?.stale === 'log' && last?.after === room.headSeq
    const position = room && !hopeless && room.stale !== 'path' ? { after: room.headSeq, epoch: room.epoch } : {}
    const id = newId()
    if (!this.#connection.send({ type: 'attach', id, session_id: sessionId, ...position })) return
    this.#asked.set(id, sessionId)
    this.#attempts.set(sessionId, { at: this.#now(), after: position.after })
  }

  #attachLater(sessionId: string): void {
    if (this.#later.has(sessionId)) return
    this.#later.add(sessionId)
    setTimeout(() => {
      this.#later.delete(sessionId)
      const wanted = this.#unattached.has(sessionId) || this.store.getState().rooms[sessionId]?.stale
      if (wanted && this.#followers.has(sessionId)) this.#attach(sessionId)
    }, ATTACH_INTERVAL_MS)
  }

  #unfollow(sessionId: string): void {
    const left = (this.#followers.get(sessionId) ?? 1) - 1
    if (left > 0) {
      this.#followers.set(sessionId, left)
      return
    }
    this.#followers.delete(sessionId)
    this.#attempts.delete(sessionId)
    this.#unattached.delete(sessionId)
    this.#connection.send({ type: 'detach', session_id: sessionId })
    this.store.setState((client) => forgetRoom(client, sessionId))
  }

  #sendPost({ clientMessageId, sessionId, content, to }: PendingPost): void {
    const whom = to ? { to: [...to] } : {}
    const frame: ClientFrame = { type: 'post', session_id: sessionId, client_message_id: clientMessageId, content, ...whom }
    if (!this.#connection.send(frame)) return
    this.store.setState(({ outbox }) => ({ outbox: markSent(outbox, clientMessageId, this.#now()) }))
  }

  #resendLate(): void {
    for (const post of unconfirmed(this.store.getState().outbox)) {
      if (post.state === 'waiting' && this.#now() - (post.sentAt ?? 0) > RESEND_AFTER_MS) this.#sendPost(post)
    }
  }
}

/** A notice tells the numbers of a change, not which messages fell out. */
function metersToRead(frame: ServerFrame): string[] {
  if (frame.type === 'attached') return [frame.session_id]
  return frame.type === 'notice' && frame.name === 'context.usage' && leavesOut(frame.data) ? [frame.session_id] : []
}
