/**
 * A newer version of the page itself: looked for while the page is open, and there when the person wants it. Nothing is
 * reloaded without being asked for: somebody may be writing, and answers stream.
 */
import { create } from 'zustand'

const EVERY_MS = 60 * 60 * 1000

export const useUpdate = create<{ readonly waiting: ServiceWorker | null }>(() => ({ waiting: null }))

let registration: ServiceWorkerRegistration | null = null

/** Keeps the page's files, once everything that is to be seen is there. Not where it is developed. */
export function keepUpToDate(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return
  if (document.readyState === 'complete') void register()
  else window.addEventListener('load', () => void register(), { once: true })
}

/** A server that was away may have come back as a newer one. */
export function lookForUpdate(): void {
  registration?.update().catch(() => undefined) // Offline; the next look finds it.
}

/** In this tab; others go on as they are until they are reloaded. */
export function applyUpdate(): void {
  const { waiting } = useUpdate.getState()
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true })
  // A worker is of this origin anyway; the rule thinks of windows.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  waiting?.postMessage('skip-waiting')
}

async function register(): Promise<void> {
  try {
    registration = await navigator.serviceWorker.register('/sw.js', { updateViaCache: 'none' })
  } catch {
    return // Private windows of some browsers refuse it, and lose the start without a network only.
  }
  note(registration.waiting)
  follow(registration)
  setInterval(lookForUpdate, EVERY_MS)
}

function follow(found: ServiceWorkerRegistration): void {
  const wait = () => {
    const fresh = found.installing
    fresh?.addEventListener('statechange', () => {
      if (fresh.state === 'installed') note(fresh)
    })
  }
  wait()
  found.addEventListener('updatefound', wait)
}

/** The first version of all is no news. */
function note(waiting: ServiceWorker | null): void {
  if (waiting !== null && navigator.serviceWorker.controller !== null) useUpdate.setState({ waiting })
}
