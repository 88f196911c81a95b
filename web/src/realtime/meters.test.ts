import { expect, test } from 'vitest'

import type { ContextUsage } from '@/contracts/protocol'

import { leavesOut, windowEdges, withKnownLists } from './meters'
import { meter, usage } from './sampleFrames'

function metersOf(...participants: ContextUsage['participants']): ContextUsage {
  return { ...usage(1), participants }
}

test('a notice changes the numbers, and what was listed stays until it is read anew', () => {
  const before = metersOf(meter('ada', { left_out: 1, unseen: ['m1'] }), meter('bo'))
  const after = withKnownLists(before, metersOf(meter('ada', { used: 9, left_out: 2 }), meter('bo', { left_out: 1 })))
  expect(after.participants).toEqual([
    meter('ada', { used: 9, left_out: 2, unseen: ['m1'] }),
    meter('bo', { left_out: 1 }),
  ])
  const whole = withKnownLists(before, metersOf(meter('ada')))
  expect(whole.participants).toEqual([meter('ada')])
  expect([leavesOut(after), leavesOut(whole)]).toEqual([true, false])
})

test('windows begin after the last message that is no longer seen', () => {
  const meters = metersOf(
    meter('ada', { left_out: 2, unseen: ['m1', 'm2'] }),
    meter('bo', { left_out: 1, unseen: ['m2'], summary: { id: 's1', version: 1, entries: 1 } }),
    meter('cy', { left_out: 1, unseen: ['m1'] }),
    meter('dee'),
  )
  expect([...windowEdges(meters)]).toEqual([
    [
      'm2',
      [
        { participantId: 'ada', summarised: false },
        { participantId: 'bo', summarised: true },
      ],
    ],
    ['m1', [{ participantId: 'cy', summarised: false }]],
  ])
  expect(windowEdges(null).size).toBe(0)
})
