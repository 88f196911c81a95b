/** `@Name` in a message: whom it asks, and how names are completed while somebody writes. Pure. */
import type { Participant } from '@/contracts/protocol'

type Named = Pick<Participant, 'id' | 'name'>

/** A letter, digit or underscore before `@` makes it part of a word, as in an e-mail address. */
const WORD = /[\p{L}\p{N}_]/u

/** The members whom the text names; null where it names nobody, and then asks everybody. */
export function addressed(text: string, members: readonly Named[]): string[] | null {
  const byLength = members.toSorted((a, b) => b.name.length - a.name.length)
  const found = new Set<string>()
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    if (at > 0 && WORD.test(text[at - 1] ?? '')) continue
    const named = byLength.find(({ name }) => startsWithName(text.slice(at + 1), name))
    if (named) found.add(named.id)
  }
  return found.size > 0 ? members.filter(({ id }) => found.has(id)).map(({ id }) => id) : null
}

function startsWithName(text: string, name: string): boolean {
  const [given, wanted] = [text.slice(0, name.length), name].map((one) => one.toLocaleLowerCase())
  if (given !== wanted) return false
  // A name in letters ends where its word ends; one that ends otherwise, or in Chinese, ends by itself.
  return !/[a-z0-9_]$/iu.test(name) || !/^[a-z0-9_]/iu.test(text.slice(name.length))
}

export interface Completion {
  /** Where its `@` stands. */
  readonly start: number
  readonly members: readonly Named[]
}

const MOST_TYPED = 40

/** Who could be meant where the caret stands behind `@` and the beginning of a name; null where nobody is. */
export function completionAt(text: string, caret: number, members: readonly Named[]): Completion | null {
  const start = text.lastIndexOf('@', caret - 1)
  if (start < 0 || caret - start > MOST_TYPED || (start > 0 && WORD.test(text[start - 1] ?? ''))) return null
  const typed = text.slice(start + 1, caret).toLocaleLowerCase()
  const matching = members.filter(({ name }) => {
    const lowered = name.toLocaleLowerCase()
    return lowered.startsWith(typed) && lowered !== typed
  })
  return matching.length > 0 ? { start, members: matching } : null
}

export interface Edited {
  readonly text: string
  readonly caret: number
}

/** The text with the name in the place of what was typed of it. */
export function completed(text: string, caret: number, { start }: Completion, { name }: Named): Edited {
  const rest = text.slice(caret)
  const before = `${text.slice(0, start)}@${name}${rest.startsWith(' ') ? '' : ' '}`
  return { text: before + rest, caret: before.length }
}

/** What somebody said as a quotation in Markdown, behind what is written already. */
export function withQuote(draft: string, quoted: string): string {
  const lines = quoted.trim().split('\n').map((line) => (line === '' ? '>' : `> ${line}`))
  return `${draft.trim() === '' ? '' : `${draft.trimEnd()}\n\n`}${lines.join('\n')}\n\n`
}
