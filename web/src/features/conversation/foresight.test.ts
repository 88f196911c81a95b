import { expect, test } from 'vitest'

import { outlookOf } from './foresight'

const conversation = { tokens: 10_000, messages: 40, tokenizer: 'o200k_base' }

test('a window that holds the conversation leaves nothing out', () => {
  expect(outlookOf({ window: 200_000, max_output: 8_000 }, conversation)).toEqual({ room: 195_904, unseen: 0 })
  expect(outlookOf({ window: 12_000, max_output: 2_000 }, conversation).unseen).toBe(0)
})

test('a smaller one leaves out about as many messages as it lacks tokens, and never none', () => {
  expect(outlookOf({ window: 8_192, max_output: 8_192 }, conversation)).toEqual({ room: 4_096, unseen: 24 })
  expect(outlookOf({ window: 13_990, max_output: 4_000 }, conversation)).toEqual({ room: 9_990, unseen: 1 })
  expect(outlookOf({ window: 1_000, max_output: 4_000 }, conversation)).toEqual({ room: 0, unseen: 40 })
})
