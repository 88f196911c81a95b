/** The page's one live connection, made of the browser's own parts. */
import { SUBPROTOCOL, type Socket } from '@/realtime/connection'
import { LiveRooms } from '@/realtime/liveRooms'
import { readUsage } from '@/lib/api/sessions'
import { accessToken } from '@/lib/credentials'
import { noteKeyQuota } from '@/lib/keyQuotas'
import { noteModelStanding } from '@/lib/modelStandings'
import { noteRoomsChange } from '@/lib/roomNews'
import { noteUnusualKey } from '@/lib/unusualKeys'

/** A hidden page paints nothing, but what arrives must still be kept up with. */
const FLUSH_WITHIN_MS = 250
/** Growing text is read well at 30 pictures a second; painting all 60 would leave less time for everything else. */
const FLUSH_EVERY_MS = 30

export const live = new LiveRooms({
  openSocket,
  accessToken,
  schedule,
  readUsage,
  onKeyQuota: noteKeyQuota,
  onUnusualKey: noteUnusualKey,
  onModelAvailability: noteModelStanding,
  onRoomsChanged: noteRoomsChange,
})

function openSocket(): Socket {
  const url = new URL('/ws', location.href)
  url.protocol = url.protocol.replace('http', 'ws')
  const browser = new WebSocket(url, SUBPROTOCOL)
  const socket: Socket = {
    get readyState() {
      return browser.readyState
    },
    onopen: null,
    onmessage: null,
    onclose: null,
    send: (data) => browser.send(data),
    close: (code) => browser.close(code),
  }
  browser.addEventListener('open', () => socket.onopen?.())
  browser.addEventListener('message', (event) => socket.onmessage?.(event))
  browser.addEventListener('close', (event) => socket.onclose?.(event))
  return socket
}

let flushedAt = 0

function schedule(flush: () => void): void {
  const once = () => {
    cancelAnimationFrame(frame)
    clearTimeout(timer)
    flushedAt = performance.now()
    flush()
  }
  const next = () => {
    if (performance.now() - flushedAt < FLUSH_EVERY_MS) frame = requestAnimationFrame(next)
    else once()
  }
  let frame = requestAnimationFrame(next)
  const timer = setTimeout(once, FLUSH_WITHIN_MS)
}
