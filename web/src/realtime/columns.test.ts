import { describe, expect, test } from 'vitest'

import { columnsOf, compared } from './columns'
import { message, participant, reply, session, turn } from './sampleFrames'
import { type TranscriptItem, orderTranscript } from './transcript'

const seats = session([participant('ada', 0), participant('bo', 1)]).participants

function said(...turns: ReturnType<typeof turn>[]) {
  return Object.fromEntries(
    turns.map((of, rank) => [of.turn_id, { kind: 'reply', turn: of, reply: reply(of, 'x', rank), since: 0, versions: 1 } as const]),
  )
}

/** Row by row: a message's key, or what stands in the columns of ada and bo. */
function read(items: readonly TranscriptItem[]): unknown[] {
  return compared(items).map((row) =>
    row.kind === 'message' ? row.item.key : seats.map(({ id }) => row.cells.get(id)?.map(({ kind }) => kind) ?? []),
  )
}

describe('columns', () => {
  test('stand in the order of the seats, whoever answers first, and hold what runs beside what has ended', () => {
    const items = orderTranscript(
      { m1: message('m1', 1), m2: message('m2', 2) },
      said(turn('b1', 'bo', 1), turn('a1', 'ada', 1), turn('b2', 'bo', 2)),
      [{ turn: turn('a2', 'ada', 2), rank: 1 }],
      seats,
    )
    expect(columnsOf(items, seats).map(({ name }) => name)).toEqual(['ada', 'bo'])
    expect(read(items)).toEqual(['client-m1', [['ended'], ['ended']], 'client-m2', [['running'], ['ended']]])
    expect(compared(items).flatMap((row) => (row.kind === 'answers' ? row.key : []))).toEqual([
      'answers/client-m1',
      'answers/client-m2',
    ])
  })

  test('of those who have left stay for as long as there is something of theirs to read', () => {
    const items = orderTranscript({ m1: message('m1', 1) }, said(turn('c1', 'cy', 1), turn('a1', 'ada', 1)), [], seats)
    expect(columnsOf(items, seats)).toMatchObject([{ id: 'ada' }, { id: 'bo' }, { id: 'cy', seat: undefined }])
    expect(columnsOf([], seats)).toHaveLength(2)
  })

  test('tell in the column of the member that another model answers from there on', () => {
    const changed = [participant('ada', 0, { model_id: 'other' }), ...seats.slice(1)]
    const items = orderTranscript({ m1: message('m1', 1) }, said(turn('a1', 'ada', 1), turn('b1', 'bo', 1)), [], changed)
    expect(read(items)).toEqual(['client-m1', [['ended', 'switched'], ['ended']]])
  })

  test('may have answers before any message at hand', () => {
    expect(read(orderTranscript({}, said(turn('a1', 'ada', 1)), [], seats))).toEqual([[['ended'], []]])
  })
})
