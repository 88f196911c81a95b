/** Counting as the protocol counts: Unicode code points, never UTF-16 units. */

const SURROGATE = /[\uD800-\uDFFF]/

export function countCodePoints(text: string): number {
  if (!SURROGATE.test(text)) return text.length
  let count = 0
  for (const _ of text) count += 1
  return count
}

/** `text` without its first `count` code points. */
export function dropCodePoints(text: string, count: number): string {
  if (count <= 0) return text
  if (!SURROGATE.test(text)) return text.slice(count)
  let units = 0
  let left = count
  for (const character of text) {
    if (left === 0) break
    units += character.length
    left -= 1
  }
  return text.slice(units)
}
