import { expect, test } from 'vitest'

import type { KeyUse } from '@/contracts/rest'

import { quotaLines, quotaOf, stateOf } from './quota'

const NO_LIMIT = { calls_per_day: null, calls_per_month: null, dollars_per_day: null, dollars_per_month: null }

function use(calls: number, cost: string): KeyUse {
  return { calls, failed: 0, tokens_input: 0, tokens_output: 0, cost }
}

test('from 80 % on a quota is near, and used up at its limit', () => {
  expect([79, 80, 99, 100, 130].map((used) => stateOf(used, 100))).toEqual(['ok', 'near', 'near', 'over', 'over'])
})

test('each limit that is set is measured by its own period', () => {
  const quota = { ...NO_LIMIT, calls_per_day: 10, dollars_per_month: '2.50' }
  expect(quotaLines({ quota, today: use(8, '0.10'), month: use(40, '2.5') })).toEqual([
    { name: 'calls_per_day', measure: 'calls', used: 8, limit: 10, state: 'near' },
    { name: 'dollars_per_month', measure: 'dollars', used: 2.5, limit: 2.5, state: 'over' },
  ])
  expect(quotaLines({ quota: NO_LIMIT, today: use(8, '1'), month: use(8, '1') })).toEqual([])
})

test('what a form leaves empty has no limit', () => {
  const form = new FormData()
  form.set('calls_per_day', ' 20 ')
  form.set('dollars_per_month', '1.25')
  form.set('dollars_per_day', '')
  expect(quotaOf(form)).toEqual({ calls_per_day: 20, dollars_per_month: '1.25' })
})
