import { expect, test } from 'vitest'

import { shownOn, wordingsOf } from './branches'
import { message } from './sampleFrames'

const root = { id: 'main', parent: null, first_round: 1, edits: null, message_id: null }
const second = { id: 'b', parent: 'main', first_round: 2, edits: 'm2', message_id: 'm4' }
const third = { id: 'c', parent: 'main', first_round: 2, edits: 'm2', message_id: 'm5' }
const below = { id: 'd', parent: 'c', first_round: 6, edits: 'm6', message_id: 'm7' }
const all = [root, second, third, below]

test('a branch is shown up to where the next one on the path begins', () => {
  const shown = shownOn(['main', 'c', 'd'], all)
  expect([1, 2, 3].map((round) => shown({ branch: 'main', round }))).toEqual([true, false, false])
  expect([5, 6].map((round) => shown({ branch: 'c', round }))).toEqual([true, false])
  expect(shown({ branch: 'd', round: 7 })).toBe(true)
  expect(shown({ branch: 'b', round: 4 })).toBe(false)
  expect(shownOn(['main'], [])({ branch: 'main', round: 9 })).toBe(true)
})

test('all wordings of a message are found from each of them', () => {
  expect(wordingsOf(message('m1', 1), all)).toBeNull()
  expect(wordingsOf(message('m2', 2), all)).toEqual({ branches: ['main', 'b', 'c'], place: 0 })
  expect(wordingsOf({ ...message('m5', 5), branch: 'c' }, all)).toEqual({ branches: ['main', 'b', 'c'], place: 2 })
  expect(wordingsOf({ ...message('m6', 6), branch: 'c' }, all)).toEqual({ branches: ['c', 'd'], place: 0 })
})
