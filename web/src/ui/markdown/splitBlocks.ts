/**
 * Cuts growing Markdown into pieces that can be rendered apart, so that a token re-renders the last piece only.
 *
 * A cut is made at a blank line outside a code fence, if what follows cannot belong to what came before (a list going
 * on, an indented continuation), and around a fence that stands at the margin. Link definitions across pieces are
 * resolved once the answer is whole.
 */

const FENCE = /^ {0,3}(`{3,}|~{3,})/
const CONTINUES = /^(?:\s|[-*+] |\d{1,9}[.)] |>|\|)/

export function splitBlocks(source: string): string[] {
  const blocks: string[] = []
  let current: string[] = []
  let fence: string | null = null
  /** The line before was blank, or ended a fence at the margin. */
  let apart = false
  for (const line of source.split('\n')) {
    const mark = FENCE.exec(line)?.[1]
    const opens = fence === null && mark !== undefined && line.startsWith(mark)
    const begins = apart && line.trim() !== '' && !CONTINUES.test(line)
    if (fence === null && current.length > 0 && (opens || begins)) {
      blocks.push(current.join('\n'))
      current = []
    }
    const open: string | null = fence
    if (fence === null) fence = mark ?? null
    else if (mark !== undefined && mark.startsWith(fence) && line.trim() === mark) fence = null
    apart = line.trim() === '' || (open !== null && fence === null && (current[0]?.startsWith(open) ?? false))
    current.push(line)
  }
  blocks.push(current.join('\n'))
  return blocks.filter((block) => block.trim() !== '')
}

export interface OpenFence {
  readonly language: string | null
  readonly code: string
}

/** A piece that is code of which the end has not come; null for everything else. */
export function openFence(block: string): OpenFence | null {
  const [, fence, language, code] = /^(`{3,}|~{3,})[ \t]*([^\s`]*)[^\n`]*\n([^]*)$/.exec(block) ?? []
  if (fence === undefined || code === undefined) return null
  const last = code.trimEnd().split('\n').at(-1) ?? ''
  const mark = FENCE.exec(last)?.[1] ?? ''
  return mark.startsWith(fence) && last.trim() === mark ? null : { language: language || null, code }
}
