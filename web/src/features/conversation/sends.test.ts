import { expect, test } from 'vitest'

import { type Keystroke, sends } from './sends'

const ENTER: Keystroke = { key: 'Enter', shiftKey: false, ctrlKey: false, metaKey: false, nativeEvent: { isComposing: false, keyCode: 13 } }

test('Enter sends, and with Shift begins a line', () => {
  expect(sends(ENTER, 'enter')).toBe(true)
  expect(sends({ ...ENTER, shiftKey: true }, 'enter')).toBe(false)
  expect(sends({ ...ENTER, key: 'a' }, 'enter')).toBe(false)
})

test('for who wants it so, only Ctrl or Cmd with Enter sends', () => {
  expect(sends(ENTER, 'mod-enter')).toBe(false)
  expect(sends({ ...ENTER, ctrlKey: true }, 'mod-enter')).toBe(true)
  expect(sends({ ...ENTER, metaKey: true }, 'mod-enter')).toBe(true)
})

test('an input method keeps its Enter', () => {
  const composing = { ...ENTER, ctrlKey: true, nativeEvent: { isComposing: true, keyCode: 13 } }
  expect(sends(composing, 'enter')).toBe(false)
  expect(sends(composing, 'mod-enter')).toBe(false)
  // As Safari says it.
  expect(sends({ ...ENTER, nativeEvent: { isComposing: false, keyCode: 229 } }, 'enter')).toBe(false)
})
