import { expect, test } from 'vitest'

import { EVERYTHING, queryOf } from './auditFilter'

test('what is empty is not filtered by', () => {
  expect(queryOf(EVERYTHING)).toEqual({})
  expect(queryOf({ ...EVERYTHING, action: ' user.login ', outcome: 'refused' })).toEqual({ action: 'user.login', outcome: 'refused' })
})

test('days are whole days of this device', () => {
  const { since, until } = queryOf({ ...EVERYTHING, from: '2026-11-21', to: '2026-12-31' })
  expect(since).toBe(new Date(2026, 10, 21).toISOString())
  expect(until).toBe(new Date(2027, 0, 1).toISOString())
})
