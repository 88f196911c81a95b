/**
 * Finds formulas in Markdown before Markdown takes their backslashes, underscores and asterisks for its own: `\(…\)`,
 * `\[…\]`, `$$…$$` and `$…$`. What is found becomes inline code with a mark in it, which `RichText` sets as a formula.
 * Pure.
 *
 * A single dollar is a formula by pandoc's rule, so that `$5 and $6` stay money: something follows the first and precedes
 * the last, no letter or digit of a word stands outside of them, and what is within does not read as an amount.
 */

/** Longer ones are left as they are: setting one takes time for each of its characters. */
export const MAX_FORMULA = 4_000

/** Of Unicode's private use, so in nobody's text by chance. */
const MARKS = { inline: '\uE000', display: '\uE001', unfinished: '\uE002' } as const

export type FormulaKind = keyof typeof MARKS

export interface FormulaSource {
  readonly kind: FormulaKind
  readonly tex: string
}

const WORTH_LOOKING = /\$|\\[([]/
const FENCE = /^[ \t>]*(`{3,}|~{3,})/
/** Where something begins that may be a formula, or keeps one from being found: code, or an escaped character. */
const NEXT = /`+|\\[\s\S]|\${1,2}/g
const BLANK_LINE = /\n[ \t>]*\n/
const AMOUNT = /^[\d.,]+.*?(?<![\\a-z])(?:[a-z]{2}|\p{Script=Han})/iu

/** `growing`: what is begun at the end will be finished, and is kept from being read as Markdown meanwhile. */
export function withFormulas(source: string, growing = false): string {
  if (!WORTH_LOOKING.test(source)) return source
  let fence: string | null = null
  let prose = ''
  let out = ''
  for (const line of source.split(/(?<=\n)/)) {
    const mark = FENCE.exec(line)?.[1]
    if (fence === null && mark === undefined) {
      prose += line
      continue
    }
    out += replaced(prose, false) + line
    prose = ''
    if (fence === null) fence = mark ?? null
    else if (mark?.startsWith(fence) && line.replace(/[\s>]/g, '') === mark) fence = null
  }
  return out + replaced(prose, growing)
}

/** What marked inline code stands for; null for any other. */
export function formulaOf(code: string): FormulaSource | null {
  const found = Object.entries(MARKS).find(([, mark]) => code.startsWith(mark) && code.endsWith(mark))
  return found && code.length > 1 ? { kind: found[0] as FormulaKind, tex: code.slice(1, -1) } : null
}

function replaced(prose: string, growing: boolean): string {
  let out = ''
  let at = 0
  while (at < prose.length) {
    NEXT.lastIndex = at
    const found = NEXT.exec(prose)
    if (!found) break
    const [token] = found
    const begin = found.index
    const end = token.startsWith('`') ? endOfCode(prose, begin, token) : endOfFormula(prose, begin, token, growing)
    out += prose.slice(at, begin)
    if (end.kind === null) out += prose.slice(begin, end.at)
    else out += marked(end.kind, prose.slice(begin + token.length, end.at - end.closer), lineOf(prose, begin))
    at = end.at
  }
  return out + prose.slice(at)
}

interface End {
  /** Null: no formula up to here. */
  readonly kind: FormulaKind | null
  readonly at: number
  /** Length of what closes it. */
  readonly closer: number
}

function endOfCode(prose: string, begin: number, ticks: string): End {
  const after = begin + ticks.length
  const length = new RegExp(`(?<!\`)\`{${ticks.length}}(?!\`)`).exec(ahead(prose, after))
  return { kind: null, at: length ? after + length.index + ticks.length : after, closer: 0 }
}

function endOfFormula(prose: string, begin: number, opener: string, growing: boolean): End {
  const nothing: End = { kind: null, at: begin + opener.length, closer: 0 }
  const closer = { '\\(': '\\)', '\\[': '\\]', $$: '$$', $: '$' }[opener]
  if (closer === undefined) return nothing
  const rest = ahead(prose, begin + opener.length)
  const length = closerIn(rest, closer)
  if (length === null) {
    const unfinished = growing && opener !== '$' && begin + opener.length + rest.length === prose.length
    return unfinished && rest.length <= MAX_FORMULA ? { kind: 'unfinished', at: prose.length, closer: 0 } : nothing
  }
  const tex = rest.slice(0, length)
  if (tex.trim() === '' || length > MAX_FORMULA) return nothing
  if (opener === '$' && !isFormula(tex, prose[begin - 1], rest[length + 1])) return nothing
  const kind = opener === '$$' || opener === '\\[' ? 'display' : 'inline'
  return { kind, at: begin + opener.length + length + closer.length, closer: closer.length }
}

/** Where it stands; null if it does not. */
function closerIn(rest: string, closer: string): number | null {
  for (let at = 0; at < rest.length; at += 1) {
    if (rest.startsWith(closer, at)) return at
    if (rest[at] === '\\') at += 1
  }
  return null
}

function isFormula(tex: string, before: string | undefined, after: string | undefined): boolean {
  const word = /[a-z0-9]/i
  if (/^\s|\s$|\n/.test(tex) || AMOUNT.test(tex)) return false
  return !word.test(before ?? '') && !word.test(after ?? '') && after !== '$'
}

/** As far as something that is open may go: a paragraph ends all that is open in it. */
function ahead(prose: string, at: number): string {
  const text = prose.slice(at, at + MAX_FORMULA + 2)
  return text.slice(0, BLANK_LINE.exec(text)?.index)
}

function lineOf(prose: string, at: number): string {
  return prose.slice(prose.lastIndexOf('\n', at - 1) + 1, at).trimStart()
}

/** As inline code on one line, so that it stands wherever inline code may: in lists, quotations and tables. */
function marked(kind: FormulaKind, tex: string, line: string): string {
  let code = tex.replace(/(?<!\\)%.*$/gm, '')
  if (line.startsWith('>')) code = code.replace(/\n[ \t]*>/g, '\n')
  code = code.trim().replace(/\s*\n\s*/g, ' ')
  // In a table a bar would end the cell.
  if (line.startsWith('|')) code = code.replace(/\\\|/g, '\\Vert ').replace(/\|/g, '\\vert ')
  const ticks = '`'.repeat(Math.max(0, ...[...code.matchAll(/`+/g)].map(([run]) => run.length)) + 1)
  return `${ticks}${MARKS[kind]}${code}${MARKS[kind]}${ticks}`
}
