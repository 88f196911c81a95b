/**
 * Cuts growing Markdown into pieces that can be rendered apart, so that a token re-renders the last piece only.
 *
 * A cut is made at a blank line outside a code fence, if what follows cannot belong to what came before (a list going
 * on, an indented continuation). Link definitions across pieces are resolved once the answer is whole.
 */

const FENCE = /^ {0,3}(`{3,}|~{3,})/
const CONTINUES = /^(?:\s|[-*+] |\d{1,9}[.)] |>|\|)/

export function splitBlocks(source: string): string[] {
  const blocks: string[] = []
  let current: string[] = []
  let fence: string | null = null
  let blank = false
  for (const line of source.split('\n')) {
    if (fence === null && blank && line.trim() !== '' && !CONTINUES.test(line)) {
      blocks.push(current.join('\n'))
      current = []
    }
    const mark = FENCE.exec(line)?.[1]
    if (fence === null) fence = mark ?? null
    else if (mark !== undefined && mark.startsWith(fence) && line.trim() === mark) fence = null
    blank = line.trim() === ''
    current.push(line)
  }
  blocks.push(current.join('\n'))
  return blocks.filter((block) => block.trim() !== '')
}
