import { expect, test } from 'vitest'

import { fillOf } from './Meter'

test('a window is amber above 60 % and red above 80 %', () => {
  expect(fillOf(60, 100)).toBe('ok')
  expect(fillOf(61, 100)).toBe('amber')
  expect(fillOf(80, 100)).toBe('amber')
  expect(fillOf(81, 100)).toBe('red')
  expect(fillOf(0, 0)).toBe('ok')
})
