import { expect, test } from 'vitest'

import { attachRoom } from '@/realtime/room'
import { attached, message, reply, turn, userItem } from '@/realtime/sampleFrames'
import { orderTranscript } from '@/realtime/transcript'

import { excerptOf, excerpts } from './excerpts'

const said = { ...message('m1'), content: `One\n\n  two ${'x'.repeat(500)}` }
const answer = { kind: 'reply', turn: turn('t1'), reply: reply(turn('t1'), 'Hi', 0), versions: 1 } as const
const failed = { kind: 'failed', turn: turn('t2', 'bo'), error: { code: 'INTERNAL', category: 'system', message: '', retryable: true, details: {} } } as const

test('an excerpt is one short line of what was said, and there is none where nothing was', () => {
  expect(excerptOf(userItem(said))).toMatchObject({ id: 'm1', speaker: null, participantId: null })
  expect(excerptOf(userItem(said))?.text).toMatch(/^One two x{200,240}$/)
  expect(excerptOf(answer)).toMatchObject({ id: answer.reply.id, speaker: 'ada', participantId: 'ada', text: 'Hi' })
  expect(excerptOf(failed)).toBeNull()
})

test('excerpts stand in the order of the transcript', () => {
  const room = attachRoom(undefined, attached({ messages: [userItem(said), answer, failed], running: [turn('t3', 'cy')] }))
  const items = orderTranscript(room.messages, room.ended, Object.values(room.running), room.session.participants)
  expect(excerpts(items).map(({ id }) => id)).toEqual(['m1', answer.reply.id])
})
