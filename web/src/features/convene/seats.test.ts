import { describe, expect, test } from 'vitest'

import { MAX_PARTICIPANTS, type ModelCard } from '@/contracts/rest'

import { NOBODY_SEATED, type Seat, addSeat, seatsLeft, toParticipant, toggleSeat } from './seats'

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
    needs_key: false,
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
