import type { SessionView } from '@/contracts/protocol'

/** A room without a title is called by its members. */
export function roomTitle({ title, participants }: Pick<SessionView, 'title' | 'participants'>, fallback: string): string {
  if (title.trim()) return title
  return participants.map(({ name }) => name).join(', ') || fallback
}
