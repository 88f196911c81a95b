/** Which branches of a conversation are shown, and which wordings of a message there are. Pure. */
import type { Branch, UserMessage } from '@/contracts/protocol'

interface Placed {
  readonly branch: string
  readonly round: number
}

/** Whether the path shows this place: each branch ends where the next one on the path begins. */
export function shownOn(path: readonly string[], branches: readonly Branch[]): (place: Placed) => boolean {
  const firsts = new Map(branches.map(({ id, first_round }) => [id, first_round]))
  const ends = new Map(path.map((id, place) => [id, firsts.get(path[place + 1] ?? '') ?? Number.POSITIVE_INFINITY]))
  return ({ branch, round }) => {
    const end = ends.get(branch)
    return end !== undefined && round < end
  }
}

export interface Wordings {
  /** The branch to show for each wording, the first one first. */
  readonly branches: readonly string[]
  /** Which of them the message is. */
  readonly place: number
}

/** The wordings of a message; null where there is only this one. */
export function wordingsOf(message: UserMessage, branches: readonly Branch[]): Wordings | null {
  const own = branches.find(({ id, message_id }) => id === message.branch && message_id === message.id)
  const others = branches.filter(({ edits }) => edits === (own?.edits ?? message.id))
  const first = others[0]?.parent
  if (first === null || first === undefined) return null
  const ids = [first, ...others.map(({ id }) => id)]
  return { branches: ids, place: own ? ids.indexOf(own.id) : 0 }
}
