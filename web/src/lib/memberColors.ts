/** Ten colours that are told apart side by side and are readable as text on a light page; dark pages lighten them. */

export const MEMBER_COLORS = [
  '#0f766e',
  '#b4530b',
  '#6d4bc0',
  '#be3455',
  '#1d6fb8',
  '#5a7a12',
  '#a83a94',
  '#8a5a2b',
  '#3f5bd0',
  '#b3391f',
] as const

/** The first colour that nobody in the room has yet. */
export function freeColor(taken: readonly string[]): string {
  const used = new Set(taken.map((color) => color.toLowerCase()))
  return MEMBER_COLORS.find((color) => !used.has(color)) ?? MEMBER_COLORS[taken.length % MEMBER_COLORS.length] ?? '#0f766e'
}

/** `name`, or with the first number that makes it different from all others. */
export function freeName(name: string, taken: readonly string[]): string {
  if (!taken.includes(name)) return name
  let number = 2
  while (taken.includes(`${name} ${number}`)) number += 1
  return `${name} ${number}`
}
