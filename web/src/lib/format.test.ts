import { expect, test } from 'vitest'

import { ageOf, formatCompact, formatCost, formatShare, pricePerMillion } from './format'

test('small costs are told from nothing, and large ones have cents', () => {
  expect(formatCost(0, 'en')).toBe('$0.00')
  expect(formatCost(0.00042, 'en')).toBe('$0.00042')
  expect(formatCost(0.0314159, 'en')).toBe('$0.031')
  expect(formatCost(12.3456, 'en')).toBe('$12.35')
})

test('prices per thousand tokens are read per million', () => {
  expect(formatCost(pricePerMillion('0.00125'), 'en')).toBe('$1.25')
})

test('windows are short to read', () => {
  expect(formatCompact(8_192, 'en')).toBe('8.2K')
  expect(formatCompact(200_000, 'en')).toBe('200K')
  expect(formatCompact(1_048_576, 'zh')).toBe('1M')
})

test('ages follow the calendar of the device', () => {
  const now = new Date(2030, 0, 10, 9, 0)
  const at = (day: number, hour: number) => new Date(2030, 0, day, hour).toISOString()
  expect(ageOf(at(10, 0), now)).toBe('today')
  expect(ageOf(at(9, 23), now)).toBe('yesterday')
  expect(ageOf(at(5, 12), now)).toBe('week')
  expect(ageOf(at(1, 12), now)).toBe('older')
})

test('a share that rounds to nothing is told from nothing', () => {
  expect(formatShare(0, 'en')).toBe('0%')
  expect(formatShare(0.001, 'en')).toBe('<1%')
  expect(formatShare(0.126, 'en')).toBe('13%')
})
