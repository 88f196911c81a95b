/**
 * Keys that work wherever one is on the page, and who gets a keystroke: what is being written comes first. Pure.
 *
 * All have a modifier but `?`, which counts only where nothing is being written, and can be switched off with the others.
 */

import { isComposing } from '@/lib/composing'

export interface Keys {
  /** As the browser names it; letters in lower case. */
  readonly key: string
  /** Ctrl, and on a Mac Cmd. */
  readonly mod?: true
  readonly shift?: true
  readonly alt?: true
}

/** In the order in which they are listed. Several ways of saying the same stand beside each other. */
export const SHORTCUTS = {
  newRoom: [{ key: 'o', mod: true, shift: true }],
  search: [{ key: 'k', mod: true }],
  previous: [{ key: 'ArrowUp', alt: true }],
  next: [{ key: 'ArrowDown', alt: true }],
  write: [{ key: 'j', mod: true }],
  latest: [{ key: 'l', mod: true, shift: true }],
  columns: [{ key: 'y', mod: true, shift: true }],
  stop: [{ key: 'x', mod: true, shift: true }],
  list: [{ key: '?' }, { key: '/', mod: true }],
} as const satisfies Record<string, readonly Keys[]>

export type Shortcut = keyof typeof SHORTCUTS

export interface Pressed {
  readonly key: string
  readonly code: string
  readonly keyCode: number
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly shiftKey: boolean
  readonly altKey: boolean
  readonly isComposing: boolean
  readonly repeat: boolean
}

/** What the keyboard is writing into: nothing, a field that is empty, or one that is not. */
export type Writing = 'nothing' | 'empty' | 'text'

export function shortcutOf(pressed: Pressed, writing: Writing, mac: boolean): Shortcut | null {
  if (isComposing(pressed)) return null
  for (const [name, ways] of Object.entries(SHORTCUTS) as [Shortcut, readonly Keys[]][]) {
    const moves = name === 'previous' || name === 'next'
    if (pressed.repeat && !moves) continue
    // In a text, Alt and an arrow move through its paragraphs.
    if (writing === 'text' && moves) continue
    if (ways.some((keys) => (keys.mod || keys.alt || writing === 'nothing') && isPressed(pressed, keys, mac))) return name
  }
  return null
}

function isPressed(pressed: Pressed, keys: Keys, mac: boolean): boolean {
  const [mod, other] = mac ? [pressed.metaKey, pressed.ctrlKey] : [pressed.ctrlKey, pressed.metaKey]
  if (other || mod !== (keys.mod ?? false) || pressed.altKey !== (keys.alt ?? false)) return false
  // Where a sign needs Shift depends on the keyboard.
  const sign = keys.key === '?' || keys.key === '/'
  return (sign || pressed.shiftKey === (keys.shift ?? false)) && namesKey(pressed, keys.key)
}

/** A keyboard of another alphabet names its own letters: then the place of the key counts. */
function namesKey({ key, code }: Pressed, wanted: string): boolean {
  const named = key.toLowerCase()
  if (named === wanted.toLowerCase()) return true
  return !/^[a-z]$/.test(named) && code === `Key${wanted.toUpperCase()}`
}

/** How the keys are written on keyboards. */
export function labelsOf({ key, mod, shift, alt }: Keys, mac: boolean): string[] {
  const arrows: Record<string, string> = { ArrowUp: '↑', ArrowDown: '↓' }
  return [
    mod ? (mac ? '⌘' : 'Ctrl') : [],
    alt ? (mac ? '⌥' : 'Alt') : [],
    shift ? (mac ? '⇧' : 'Shift') : [],
    arrows[key] ?? key.toUpperCase(),
  ].flat()
}
