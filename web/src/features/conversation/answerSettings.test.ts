import { expect, test } from 'vitest'

import { knobsOf, settingsOf } from './answerSettings'

function names(capabilities: Parameters<typeof knobsOf>[0]): string[] {
  return knobsOf(capabilities).map(({ name }) => name)
}

test('only what a model takes can be set, within its bounds', () => {
  const max_output = 4_096
  expect(names({ capabilities: {}, max_output })).toEqual(['top_p', 'max_output_tokens'])
  expect(names({ capabilities: { top_p: 'no' }, max_output })).toEqual(['max_output_tokens'])
  const [temperature, , longest] = knobsOf({ capabilities: { temperature: { maximum: 1 } }, max_output })
  expect(temperature).toMatchObject({ name: 'temperature', minimum: 0, maximum: 1 })
  expect(longest).toMatchObject({ maximum: 4_096 })
  expect(names(undefined)).toEqual(['temperature', 'top_p', 'max_output_tokens'])
})

test('what is left empty is left to the provider', () => {
  const form = new FormData()
  form.set('temperature', '0')
  form.set('top_p', ' ')
  expect(settingsOf(form)).toEqual({ temperature: 0, top_p: null, max_output_tokens: null })
})
