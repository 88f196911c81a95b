import { expect, test } from 'vitest'

import type { MessageItem } from '@/contracts/frames'
import { message, reply, turn, userItem } from '@/realtime/sampleFrames'

import { fileName, transcriptText } from './transcriptText'

const words = { you: 'You', failed: 'No answer' }
const error = { code: 'INTERNAL', category: 'system', message: '', retryable: true, details: {} } as const

test('everything that was said stands under who said it', () => {
  const items: MessageItem[] = [
    userItem(message('m1')),
    { kind: 'reply', turn: turn('t1'), reply: reply(turn('t1'), '**Hi**', 0), versions: 1 },
    { kind: 'failed', turn: turn('t2', 'bo'), error },
  ]
  expect(transcriptText('Talk', items, words)).toBe(
    '# Talk\n\n## You\n\ntext of m1\n\n## ada (model-ada)\n\n**Hi**\n\n## bo\n\n*No answer*\n',
  )
})

test('a title of any kind makes a name that a file may have', () => {
  expect(fileName('What is 1/2: a "half"?', 'md')).toBe('What is 1 2 a half.md')
  expect(fileName(' .. ', 'json')).toBe('room.json')
  expect(fileName('房间'.repeat(90), 'md')).toHaveLength(83)
})
