/** Which message of a room the reader is to be led to; null: to the end. */
import { create } from 'zustand'

interface Wanted {
  readonly sessionId: string
  readonly messageId: string | null
}

/** A new object for every wish, so that the same message can be asked for twice. */
export const useWanted = create<{ readonly wanted: Wanted | null }>(() => ({ wanted: null }))

export function leadTo(sessionId: string, messageId: string | null): void {
  useWanted.setState({ wanted: { sessionId, messageId } })
}
