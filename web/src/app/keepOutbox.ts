/** Unconfirmed messages survive a reload of this tab. They are kept per person and go when the tab is closed. */
import type { Outbox } from '@/realtime/outbox'

import { live } from './live'

function storageKey(userId: string): string {
  return `palaver.outbox.${userId}`
}

/** Take up what an earlier page left, and keep it up to date until the returned function is called. */
export function keepOutbox(userId: string): () => void {
  live.restoreOutbox(readOutbox(userId))
  return live.store.subscribe(({ outbox }, before) => {
    if (outbox === before.outbox) return
    if (Object.keys(outbox).length === 0) sessionStorage.removeItem(storageKey(userId))
    else sessionStorage.setItem(storageKey(userId), JSON.stringify(outbox))
  })
}

function readOutbox(userId: string): Outbox {
  try {
    // Written by this page alone; what cannot be read is as good as nothing.
    return JSON.parse(sessionStorage.getItem(storageKey(userId)) ?? '{}') as Outbox
  } catch {
    return {}
  }
}
