import fc from 'fast-check'
import { expect, test } from 'vitest'

import { FIRST_DELAY_MS, MAX_DELAY_MS, backoffDelay } from './backoff'

test('delays grow, spread out and stay within their limits', () => {
  fc.assert(
    fc.property(fc.nat(1_000), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, random) => {
      const delay = backoffDelay(attempt, random)
      expect(delay).toBeGreaterThanOrEqual(FIRST_DELAY_MS / 5)
      expect(delay).toBeLessThanOrEqual(MAX_DELAY_MS)
      expect(backoffDelay(attempt + 1, random)).toBeGreaterThanOrEqual(delay)
    }),
  )
  expect(backoffDelay(3, 0)).not.toBe(backoffDelay(3, 0.9))
})
