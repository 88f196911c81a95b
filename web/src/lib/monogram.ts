/** Letters without upper and lower case, as in Chinese: one of them says enough. */
const CASELESS = /^\p{Lo}/u

/** One or two letters that stand for a name: Claude Sonnet → CS, GPT-5 → G5, Sage → Sa, 小明 → 小. */
export function monogram(name: string): string {
  const [first, second] = name.split(/[^\p{L}\p{N}]+/u).filter(Boolean)
  if (first === undefined) return '?'
  const [initial = '?', next = ''] = Array.from(first)
  if (CASELESS.test(initial)) return initial
  return initial.toUpperCase() + (second === undefined ? next.toLowerCase() : (Array.from(second)[0] ?? '').toUpperCase())
}
