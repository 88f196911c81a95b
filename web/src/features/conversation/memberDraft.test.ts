import { expect, test } from 'vitest'

import type { Participant } from '@/contracts/protocol'
import type { Persona } from '@/contracts/rest'

import { changeOf, draftOf, isUnheard, withPersona } from './memberDraft'

const SWIFT: Participant = {
  id: '1',
  model_id: 'sim-swift',
  name: 'Swift',
  color: '#0f766e',
  system_prompt: 'Be brief.',
  muted: false,
  position: 0,
  persona: null,
  settings: { temperature: null, top_p: null, max_output_tokens: null },
}

const SCEPTIC: Persona = {
  slug: 'sceptic',
  name: 'Sceptic',
  description: '',
  color: '#123456',
  system_prompt: 'Doubt.',
  model: 'another',
  built_in: true,
  created_at: null,
  updated_at: null,
}

test('a persona brings name, colour and prompt along, and the model stays', () => {
  const draft = withPersona(draftOf(SWIFT), SCEPTIC, '质疑者')
  expect(changeOf(SWIFT, draft, false)).toEqual({
    name: '质疑者',
    color: '#123456',
    persona: 'sceptic',
    model: 'sim-swift',
    system_prompt: 'Doubt.',
  })
})

test('whoever loses a persona loses its prompt and keeps the name', () => {
  const playing = { ...SWIFT, persona: 'sceptic', name: 'Sceptic' }
  const draft = withPersona(draftOf(playing), null, '')
  expect(changeOf(playing, draft, false)).toMatchObject({ name: 'Sceptic', persona: '', system_prompt: '' })
})

test('without another persona nothing is said of it, nor of a prompt that nobody sees', () => {
  expect(changeOf(SWIFT, { ...draftOf(SWIFT), name: ' Fast ' }, false)).toEqual({ name: 'Fast', color: '#0f766e' })
  expect(changeOf(SWIFT, draftOf(SWIFT), true)).toMatchObject({ system_prompt: 'Be brief.' })
})

test('a prompt for all drowns a persona that it does not name', () => {
  expect(isUnheard({ prompt_mode: 'unified', system_prompt: 'Be kind.' })).toBe(true)
  expect(isUnheard({ prompt_mode: 'unified', system_prompt: 'Be kind. {{persona}}' })).toBe(false)
  expect(isUnheard({ prompt_mode: 'unified', system_prompt: null })).toBe(false)
  expect(isUnheard({ prompt_mode: 'individual', system_prompt: 'Be kind.' })).toBe(false)
})
