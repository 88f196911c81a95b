/** A WebSocket whose other end is the test. */
import type { ClientFrame, ServerFrame, Welcome } from '@/contracts/protocol'

import type { Socket } from './connection'

export const WELCOME: Welcome = {
  type: 'welcome',
  id: null,
  connection_id: 'c1',
  user: { id: 'owner', nickname: 'Owner', role: 'owner' },
  heartbeat_seconds: 30,
  limits: {
    max_frame_bytes: 1_048_576,
    max_message_characters: 10_000,
    max_attached_sessions: 100,
    messages_per_minute: 60,
  },
  server_time: '2030-01-01T00:00:00Z',
}

export class FakeSocket implements Socket {
  readyState = 0
  onopen: Socket['onopen'] = null
  onmessage: Socket['onmessage'] = null
  onclose: Socket['onclose'] = null
  readonly sent: ClientFrame[] = []
  closed = false

  send(data: string): void {
    this.sent.push(JSON.parse(data) as ClientFrame)
  }

  close(): void {
    this.closed = true
    this.readyState = 3
  }

  accept(): void {
    this.readyState = 1
    this.onopen?.()
  }

  say(frames: ServerFrame | ServerFrame[]): void {
    this.onmessage?.({ data: JSON.stringify(frames) })
  }

  drop(code: number): void {
    this.readyState = 3
    this.onclose?.({ code })
  }
}
