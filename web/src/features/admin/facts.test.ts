import { describe, expect, test } from 'vitest'

import type { DiscoveredModel } from '@/contracts/rest'

import { draftOfDiscovered, modelFactsOf, perMillion, perThousand } from './facts'

describe('prices', () => {
  test('go from a million to a thousand tokens and back without a loss', () => {
    for (const price of ['0', '3', '0.15', '12.5', '0.075', '0.000001', '999999']) expect(perMillion(perThousand(price))).toBe(price)
  })

  test('are written as plain decimals', () => {
    expect(['0.15', '0.0001', '1000', '0'].map(perThousand)).toEqual(['0.00015', '0.0000001', '1', '0'])
  })
})

test('what a provider does not say is left to be filled in', () => {
  const found: DiscoveredModel = {
    upstream: 'llama-3.3',
    display_name: null,
    model_ids: [],
    window: 131_072,
    longest_window: null,
    max_output: null,
    input_price: '0.0005',
    output_price: null,
    from_catalogue: [],
    unknown: ['max_output', 'output_price'],
  }
  expect(draftOfDiscovered('ours', found)).toMatchObject({
    id: 'ours/llama-3.3',
    upstream: 'llama-3.3',
    display_name: 'llama-3.3',
    window: '131072',
    max_output: '',
    input_price: '0.5',
    output_price: '',
  })
})

test('a form says numbers, and null for what is left to the provider', () => {
  const form = new FormData()
  for (const [name, value] of Object.entries({ provider: 'ours', window: '8000', max_output: '1000', input_price: '1', output_price: '2' })) {
    form.set(name, value)
  }
  expect(modelFactsOf(form)).toEqual({
    provider: 'ours',
    display_name: null,
    upstream: null,
    description: '',
    window: 8_000,
    max_output: 1_000,
    input_price: '0.001',
    output_price: '0.002',
  })
})
