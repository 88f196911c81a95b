import { expect, test } from 'vitest'

import type { ModelCard } from '@/contracts/rest'

import { withStanding } from './modelStandings'

const card = (id: string) => ({ id, availability: 'ready', retry_at: null }) as ModelCard

test('a standing that is heard is that of one model', () => {
  const models = [card('a'), card('b')]
  const later = withStanding(models, { model_id: 'b', availability: 'unavailable', retry_at: '2026-01-01T00:00:00Z' })
  expect(later).toEqual([card('a'), { ...card('b'), availability: 'unavailable', retry_at: '2026-01-01T00:00:00Z' }])
  expect(later?.[0]).toBe(models[0])
  expect(withStanding(later, { model_id: 'b', availability: 'ready', retry_at: null })).toEqual(models)
})

test('before the catalogue is read there is nothing to change', () => {
  expect(withStanding(undefined, { model_id: 'a', availability: 'ready', retry_at: null })).toBeUndefined()
})
