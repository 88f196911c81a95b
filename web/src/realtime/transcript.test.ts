import { describe, expect, test } from 'vitest'

import { applyDelta, applyEvent, attachRoom } from './room'
import { attached, delta, event, message, participant, reply, session, turn } from './sampleFrames'
import { orderTranscript } from './transcript'

const seats = session([participant('ada', 0), participant('bo', 1), participant('cy', 2)]).participants

function speakers(items: ReturnType<typeof orderTranscript>): string[] {
  return items.map((item) => {
    if (item.kind === 'message') return item.message.id
    if (item.kind === 'switched') return `${item.speaker}: ${item.from} → ${item.to}`
    return item.kind === 'ended' ? item.end.turn.speaker : item.participantId
  })
}

describe('the transcript', () => {
  test('has the answers of a round in the order of their first tokens, live and after reload alike', () => {
    const turns = { ada: turn('t1', 'ada'), bo: turn('t2', 'bo'), cy: turn('t3', 'cy') }
    let room = attachRoom(undefined, attached({ session: session([...seats]) }))
    const live = () => speakers(orderTranscript(room.messages, room.ended, Object.values(room.running), seats))
    room = [
      event(1, { name: 'message.posted', data: { message: message('m1') } }),
      event(2, { name: 'turn.requested', data: turns.ada }),
      event(3, { name: 'turn.requested', data: turns.bo }),
      event(4, { name: 'turn.requested', data: turns.cy }),
    ].reduce(applyEvent, room)
    expect(live()).toEqual(['m1', 'ada', 'bo', 'cy'])

    room = applyEvent(room, event(5, { name: 'turn.started', data: { ...turns.cy, attempt: 1, rank: 0 } }))
    room = applyDelta(room, delta('t3', 0, 'first'))
    expect(live()).toEqual(['m1', 'cy', 'ada', 'bo'])

    room = [
      event(6, { name: 'turn.started', data: { ...turns.bo, attempt: 1, rank: 1 } }),
      event(7, { name: 'reply.appended', data: { ...turns.bo, reply: reply(turns.bo, 'second', 1) } }),
      event(8, { name: 'turn.started', data: { ...turns.ada, attempt: 1, rank: 2 } }),
      event(9, { name: 'reply.appended', data: { ...turns.cy, reply: reply(turns.cy, 'first', 0) } }),
      event(10, { name: 'reply.appended', data: { ...turns.ada, reply: reply(turns.ada, 'third', 2) } }),
    ].reduce(applyEvent, room)
    expect(live()).toEqual(['m1', 'cy', 'bo', 'ada'])

    const reloaded = attachRoom(
      undefined,
      attached({
        head_seq: 10,
        messages: [
          { kind: 'reply', turn: turns.ada, reply: reply(turns.ada, 'third', 2), versions: 1 },
          { kind: 'user', message: message('m1') },
          { kind: 'reply', turn: turns.bo, reply: reply(turns.bo, 'second', 1), versions: 1 },
          { kind: 'reply', turn: turns.cy, reply: reply(turns.cy, 'first', 0), versions: 1 },
        ],
      }),
    )
    expect(speakers(orderTranscript(reloaded.messages, reloaded.ended, [], seats))).toEqual(['m1', 'cy', 'bo', 'ada'])
  })

  test('keeps a message that was posted in mid-answer behind the answers of its own round', () => {
    const first = turn('t1', 'ada', 1)
    const items = orderTranscript(
      { m1: message('m1', 1), m2: message('m2', 2) },
      {},
      [{ turn: first, rank: 0 }, { turn: turn('t2', 'bo', 2), rank: null }],
      seats,
    )
    expect(speakers(items)).toEqual(['m1', 'ada', 'm2', 'bo'])
  })

  test('shows the newest version of a reply or the one that was chosen since, and none while another is being written', () => {
    const old = turn('t1', 'ada', 1, { reply_id: 'r', version: 1 })
    const newer = turn('t9', 'ada', 1, { reply_id: 'r', version: 2 })
    const ended = {
      t1: { kind: 'reply' as const, turn: old, reply: reply(old, 'old', 0), since: 1, versions: 1 },
      t9: { kind: 'reply' as const, turn: newer, reply: reply(newer, 'new', 0), since: 2, versions: 2 },
    }
    const shown = orderTranscript({}, ended, [], seats)
    expect(shown).toMatchObject([{ kind: 'ended', end: { reply: { text: 'new' } } }])
    const chosen = { ...ended, t1: { ...ended.t1, since: 3 } }
    expect(orderTranscript({}, chosen, [], seats)).toMatchObject([{ versions: 2, end: { reply: { text: 'old' } } }])
    const third = turn('t10', 'ada', 1, { reply_id: 'r', version: 3 })
    expect(orderTranscript({}, ended, [{ turn: third, rank: null }], seats)).toMatchObject([{ kind: 'running' }])
  })

  test('keeps the old answer when a newer version failed', () => {
    const old = turn('t1', 'ada', 1, { reply_id: 'r', version: 1 })
    const failed = turn('t9', 'ada', 1, { reply_id: 'r', version: 2 })
    const error = { code: 'PROVIDER_TIMEOUT', message: '', retryable: true } as const
    const ended = {
      t9: { kind: 'failed' as const, turn: failed, error },
      t1: { kind: 'reply' as const, turn: old, reply: reply(old, 'old', 0), since: 1, versions: 1 },
    }
    expect(orderTranscript({}, ended, [], seats)).toMatchObject([{ kind: 'ended', end: { reply: { text: 'old' } } }])
  })
})

describe('a change of model', () => {
  const said = (round: number, ...turns: ReturnType<typeof turn>[]) => ({
    messages: { [`m${round}`]: message(`m${round}`, round) },
    ended: Object.fromEntries(turns.map((of, rank) => [of.turn_id, { kind: 'reply', turn: of, reply: reply(of, 'x', rank), since: 0, versions: 1 } as const])),
  })
  const read = (rounds: ReturnType<typeof said>[], participants = seats) =>
    speakers(
      orderTranscript(
        Object.assign({}, ...rounds.map(({ messages }) => messages)),
        Object.assign({}, ...rounds.map(({ ended }) => ended)),
        [],
        participants,
      ),
    )
  const first = said(1, turn('a1', 'ada', 1), turn('b1', 'bo', 1))

  test('is noted at the end until the other model answers, and then before the round in which it first did', () => {
    const changed = [participant('ada', 0, { model_id: 'other' }), ...seats.slice(1)]
    expect(read([first])).toEqual(['m1', 'ada', 'bo'])
    expect(read([first], changed)).toEqual(['m1', 'ada', 'bo', 'ada: model-ada → other'])
    const second = said(2, turn('a2', 'ada', 2, { model: 'other' }), turn('b2', 'bo', 2))
    expect(read([first, second], changed)).toEqual(['m1', 'ada', 'bo', 'ada: model-ada → other', 'm2', 'ada', 'bo'])
  })

  test('of two members is noted in the order in which they answer', () => {
    const second = said(2, turn('b2', 'bo', 2, { model: 'y' }), turn('a2', 'ada', 2, { model: 'x' }))
    const changed = [participant('ada', 0, { model_id: 'x' }), participant('bo', 1, { model_id: 'y' })]
    const notes = ['bo: model-bo → y', 'ada: model-ada → x']
    expect(read([first, second], changed)).toEqual(['m1', 'ada', 'bo', ...notes, 'm2', 'bo', 'ada'])
  })

  test('is none where only an older answer was given anew', () => {
    const anew = said(1, turn('a9', 'ada', 1, { model: 'other', version: 2 }), turn('b1', 'bo', 1))
    const second = said(2, turn('a2', 'ada', 2))
    expect(read([anew, second])).toEqual(['m1', 'ada', 'bo', 'm2', 'ada'])
  })
})
