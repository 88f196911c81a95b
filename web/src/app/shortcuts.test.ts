import { describe, expect, test } from 'vitest'

import { type Keys, type Pressed, SHORTCUTS, type Shortcut, labelsOf, shortcutOf } from './shortcuts'

function press(change: Partial<Pressed>): Pressed {
  const none = { ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, isComposing: false, repeat: false }
  return { key: '', code: '', keyCode: 0, ...none, ...change }
}

function pressedBy({ key, ...keys }: Keys, mac: boolean): Pressed {
  const [mod, shift, alt] = [keys.mod ?? false, keys.shift ?? false, keys.alt ?? false]
  return press({ key: shift ? key.toUpperCase() : key, ctrlKey: mod && !mac, metaKey: mod && mac, shiftKey: shift, altKey: alt })
}

const ALL = Object.entries(SHORTCUTS) as [Shortcut, readonly Keys[]][]

describe('shortcuts', () => {
  test.each([true, false])('are each found by their keys, and no two have the same (Mac: %s)', (mac) => {
    for (const [name, ways] of ALL) {
      for (const keys of ways) expect(shortcutOf(pressedBy(keys, mac), 'nothing', mac)).toBe(name)
    }
    const labels = ALL.flatMap(([, ways]) => ways.map((keys) => labelsOf(keys, mac).join(' ')))
    expect(new Set(labels).size).toBe(labels.length)
  })

  test('never take a character from whoever writes', () => {
    const signs = ['?', '/', 'k', 'o', 'j', 'l', 'x', 'y', 'K', 'Enter', 'Escape']
    for (const key of signs) {
      for (const writing of ['empty', 'text'] as const) {
        expect(shortcutOf(press({ key, shiftKey: /[?A-Z]/.test(key) }), writing, false)).toBeNull()
        // AltGr writes signs on many keyboards, and Option on a Mac.
        expect(shortcutOf(press({ key, ctrlKey: true, altKey: true }), writing, false)).toBeNull()
        expect(shortcutOf(press({ key: key.toLowerCase(), altKey: true }), writing, true)).toBeNull()
      }
    }
    expect(shortcutOf(press({ key: 'ArrowUp', altKey: true }), 'text', true)).toBeNull()
    expect(shortcutOf(press({ key: 'ArrowUp', altKey: true }), 'empty', true)).toBe('previous')
    expect(shortcutOf(press({ key: 'k', ctrlKey: true }), 'text', false)).toBe('search')
    // Ctrl and K on a Mac delete to the end of the line.
    expect(shortcutOf(press({ key: 'k', ctrlKey: true }), 'text', true)).toBeNull()
  })

  test('leave input methods alone', () => {
    expect(shortcutOf(press({ key: 'k', ctrlKey: true, isComposing: true }), 'text', false)).toBeNull()
    expect(shortcutOf(press({ key: '?', keyCode: 229 }), 'nothing', false)).toBeNull()
  })

  test('are where they are on keyboards of another alphabet', () => {
    expect(shortcutOf(press({ key: 'л', code: 'KeyK', ctrlKey: true }), 'text', false)).toBe('search')
    // A Dvorak keyboard has its own K elsewhere.
    expect(shortcutOf(press({ key: 't', code: 'KeyK', ctrlKey: true }), 'text', false)).toBeNull()
    expect(shortcutOf(press({ key: '/', shiftKey: true, ctrlKey: true }), 'text', false)).toBe('list')
  })

  test('held down go through rooms, and do nothing else twice', () => {
    expect(shortcutOf(press({ key: 'ArrowDown', altKey: true, repeat: true }), 'nothing', false)).toBe('next')
    expect(shortcutOf(press({ key: 'o', ctrlKey: true, shiftKey: true, repeat: true }), 'nothing', false)).toBeNull()
  })
})
