/**
 * Drafts as this device keeps them: one entry per person and room, so that two tabs never overwrite each other's.
 * Pure but for the storage that is given.
 */

/** On one device, of all who use it. The oldest go first. */
export const MAX_DRAFTS = 50
/** Of all drafts together: a fifth of what browsers give a site. */
export const MAX_CHARACTERS = 1_000_000

const ALL = 'palaver.draft.'

export type Shelf = Pick<Storage, 'length' | 'key' | 'getItem' | 'setItem' | 'removeItem'>

interface Entry {
  readonly key: string
  readonly at: number
  readonly text: string
}

export function readDrafts(shelf: Shelf, userId: string): Record<string, string> {
  return Object.fromEntries(
    entries(shelf).flatMap(({ key, text }) => {
      const sessionId = roomOf(key, userId)
      return sessionId === null ? [] : [[sessionId, text]]
    }),
  )
}

/** Which room of this person an entry is about; null if it is nothing of theirs. */
export function roomOf(key: string, userId: string): string | null {
  const mine = `${ALL}${userId}.`
  return key.startsWith(mine) ? key.slice(mine.length) : null
}

/** What stands there as text; empty if nothing does. */
export function textOf(value: string | null): string {
  return value === null ? '' : value.slice(value.indexOf(':') + 1)
}

export function writeDraft(shelf: Shelf, userId: string, sessionId: string, text: string, now: number): void {
  const key = `${ALL}${userId}.${sessionId}`
  // Written unchanged, it would be news to the other tabs for nothing.
  if (textOf(shelf.getItem(key)) === text) return
  if (text === '') {
    shelf.removeItem(key)
    return
  }
  try {
    shelf.setItem(key, `${now}:${text}`)
  } catch {
    // The browser has no room for it: it is kept for as long as the page is open.
    shelf.removeItem(key)
  }
  makeRoom(shelf)
}

/** What this person wrote and did not send must not wait for the next who sits down here. */
export function forgetDrafts(shelf: Shelf, userId: string): void {
  for (const { key } of entries(shelf)) {
    if (roomOf(key, userId) !== null) shelf.removeItem(key)
  }
}

function makeRoom(shelf: Shelf): void {
  let characters = 0
  const newestFirst = entries(shelf).toSorted((a, b) => b.at - a.at)
  for (const [place, { key, text }] of newestFirst.entries()) {
    characters += text.length
    if (place >= MAX_DRAFTS || characters > MAX_CHARACTERS) shelf.removeItem(key)
  }
}

function entries(shelf: Shelf): Entry[] {
  const keys = Array.from({ length: shelf.length }, (_, place) => shelf.key(place) ?? '')
  return keys
    .filter((key) => key.startsWith(ALL))
    .map((key) => {
      const value = shelf.getItem(key)
      return { key, at: Number.parseInt(value ?? '', 10) || 0, text: textOf(value) }
    })
}
