import { expect, test } from 'vitest'

import { nextSlots } from './slots'

test('a place is kept while anybody runs, and newcomers come last', () => {
  const three = nextSlots([], ['ada', 'bo', 'cy'])
  expect(three).toEqual(['ada', 'bo', 'cy'])
  expect(nextSlots(three, ['cy'])).toBe(three)
  expect(nextSlots(three, ['dee', 'cy'])).toEqual(['ada', 'bo', 'cy', 'dee'])
  expect(nextSlots(three, [])).toEqual([])
})
