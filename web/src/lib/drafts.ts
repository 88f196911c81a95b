/** What a person has begun to write, per room. */
import { create } from 'zustand'

export const useDrafts = create<Readonly<Record<string, string>>>(() => ({}))

export function keepDraft(sessionId: string, text: string): void {
  useDrafts.setState({ [sessionId]: text })
}
