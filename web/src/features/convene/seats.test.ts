import { describe, expect, test } from 'vitest'

import { MAX_PARTICIPANTS, type ModelCard, type Persona } from '@/contracts/rest'

import { NOBODY_SEATED, type Seat, addPersona, addSeat, roomPrompt, seatsLeft, toParticipant, toggleSeat, withPersona } from './seats'

function card(id: string): ModelCard {
  return {
    id,
    provider: 'demo',
    display_name: id.toUpperCase(),
    description: '',
    window: 8_000,
    max_output: 1_000,
    input_price: '0',
    output_price: '0',
    cached_input_price: null,
    needs_key: false,
    capabilities: {},
    profile: { model_id: id, window: 8_000, reserve: 1_000, tokenizer: 'o200k', message_overhead: 4, grammar: {}, cache: {} },
    source: 'built_in',
    availability: 'ready',
    retry_at: null,
  }
}

describe('seats', () => {
  test('of one model get different names and colours', () => {
    const one = addSeat([], card('ada'), NOBODY_SEATED, '')
    const two = addSeat(one, card('ada'), NOBODY_SEATED, '')
    expect(two.map(({ name }) => name)).toEqual(['ADA', 'ADA 2'])
    expect(new Set(two.map(({ color }) => color)).size).toBe(2)
    expect(new Set(two.map(({ key }) => key)).size).toBe(2)
  })

  test('avoid the names and colours of those who sit already', () => {
    const taken = { names: ['ADA'], colors: ['#0F766E'] }
    expect(addSeat([], card('ada'), taken, '')).toMatchObject([{ name: 'ADA 2', color: '#b4530b' }])
  })

  test('are no more than the room has, counting those who sit already', () => {
    const taken = { names: ['x', 'y'], colors: [] }
    let seats: Seat[] = []
    for (let index = 0; index < 20; index += 1) seats = addSeat(seats, card(`m${index}`), taken, '')
    expect(seats).toHaveLength(MAX_PARTICIPANTS - 2)
    expect(seatsLeft(seats, taken)).toBe(0)
  })

  test('are given up by choosing the model again', () => {
    const two = addSeat(addSeat([], card('ada'), NOBODY_SEATED, ''), card('ada'), NOBODY_SEATED, '')
    expect(toggleSeat(two, card('ada'), NOBODY_SEATED, '')).toEqual([])
    expect(toggleSeat([], card('ada'), NOBODY_SEATED, '')).toHaveLength(1)
  })

  test('carry a prompt of their own only where prompts are individual', () => {
    const [seat] = addSeat([], card('ada'), NOBODY_SEATED, ' Be brief. ')
    expect(seat && toParticipant(seat, true).system_prompt).toBe('Be brief.')
    expect(seat && toParticipant(seat, false)).not.toHaveProperty('system_prompt')
  })
})

describe('personas', () => {
  const sceptic: Persona = {
    slug: 'sceptic',
    name: 'Sceptic',
    description: '',
    color: '#123456',
    system_prompt: 'Doubt.',
    model: null,
    built_in: true,
    created_at: null,
    updated_at: null,
  }
  const two = addSeat(addSeat([], card('ada'), NOBODY_SEATED, 'usual'), card('bo'), NOBODY_SEATED, 'usual')
  const [ada, bo] = two.map(({ key }) => key) as [string, string]
  const texts = { name: 'Sceptic', prompt: 'usual', taken: NOBODY_SEATED }

  test('name, colour and instruct a seat, and leave it as it was', () => {
    const made = withPersona(two, ada, sceptic, texts)
    expect(made[0]).toMatchObject({ persona: 'sceptic', name: 'Sceptic', color: '#123456', prompt: 'Doubt.' })
    expect(made[1]).toEqual(two[1])
    expect(withPersona(made, bo, sceptic, texts)[1]?.name).toBe('Sceptic 2')
    expect(withPersona(made, ada, null, texts)[0]).toMatchObject({ persona: null, name: 'ADA', prompt: 'usual' })
    expect(made.map((seat) => toParticipant(seat, false))).toMatchObject([{ persona: 'sceptic' }, { name: 'BO' }])
    expect(toParticipant(two[1] as Seat, false)).not.toHaveProperty('persona')
  })

  test('with a model of their own take a seat, while there is one', () => {
    const seats = addPersona(two, sceptic, card('cy'), NOBODY_SEATED)
    expect(seats[2]).toMatchObject({ model: 'cy', persona: 'sceptic', name: 'Sceptic', prompt: 'Doubt.' })
    const full = { names: Array.from({ length: MAX_PARTICIPANTS }, (_, index) => `x${index}`), colors: [] }
    expect(addPersona([], sceptic, card('cy'), full)).toEqual([])
  })

  test('are heard whatever the prompt for all is', () => {
    const made = withPersona(two, ada, sceptic, texts)
    expect(roomPrompt('usual', 'usual', two)).toBe('usual')
    expect(roomPrompt(' ', 'usual', two)).toBeNull()
    expect(roomPrompt('usual', 'usual', made)).toBeNull()
    expect(roomPrompt('Mine.', 'usual', made)).toBe('Mine.\n\n{{persona}}')
    expect(roomPrompt('{{persona}} Mine.', 'usual', made)).toBe('{{persona}} Mine.')
  })
})
