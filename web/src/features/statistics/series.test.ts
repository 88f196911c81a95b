import { expect, test } from 'vitest'

import { daysOf, sharesOf } from './series'

const total = (day: string, tokens: number) => ({
  day,
  requests: 1,
  tokens_input: tokens,
  tokens_output: 2 * tokens,
  cost: '0.50',
})

test('days without anything are there too, over the end of a month', () => {
  const days = daysOf({ start_date: '2026-02-26', end_date: '2026-03-01', days: [total('2026-02-27', 5)] })
  expect(days.map(({ day, input, output, cost }) => [day, input, output, cost])).toEqual([
    ['2026-02-26', 0, 0, 0],
    ['2026-02-27', 5, 10, 0.5],
    ['2026-02-28', 0, 0, 0],
    ['2026-03-01', 0, 0, 0],
  ])
})

test('all of the time begins with the first day on which something happened', () => {
  expect(daysOf({ start_date: null, end_date: '2026-03-02', days: [] })).toEqual([])
  const days = daysOf({ start_date: null, end_date: '2026-03-02', days: [total('2026-03-01', 1)] })
  expect(days.map(({ day }) => day)).toEqual(['2026-03-01', '2026-03-02'])
  const long = daysOf({ start_date: null, end_date: '2026-03-02', days: [total('2020-01-01', 1), total('2026-03-02', 1)] })
  expect(long).toHaveLength(2)
})

test('shares are of all tokens, the largest first', () => {
  const model = (model_id: string, tokens: number) => ({ model_id, requests: 1, tokens_input: tokens, tokens_output: 0, cost: '1' })
  expect(sharesOf([model('small', 1), model('large', 3)]).map(({ model: name, share }) => [name, share])).toEqual([
    ['large', 0.75],
    ['small', 0.25],
  ])
  expect(sharesOf([model('none', 0)])[0]?.share).toBe(0)
})
