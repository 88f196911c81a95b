import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { countCodePoints, dropCodePoints } from '@/lib/codePoints'

import { type AnswerText, NO_TEXT, type Piece, addPiece } from './answerText'

/** Text of which a good part lies outside the basic plane, where UTF-16 units and code points differ. */
const text = fc
  .array(fc.constantFrom('a', 'é', '話', '🌳', '👩‍👧', '\n', '𝒳', ' '), { minLength: 1, maxLength: 40 })
  .map((parts) => parts.join(''))

function slice(whole: string, start: number, end: number): string {
  return Array.from(whole).slice(start, end).join('')
}

/** Pieces that cover the text without a gap: every one starts at or before the end of what came before. */
function coverings(whole: string): fc.Arbitrary<Piece[]> {
  const length = countCodePoints(whole)
  return fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 30 }).map((choices) => {
    const pieces: Piece[] = []
    let covered = 0
    for (const [a, b] of choices) {
      const start = a % (covered + 1)
      const end = start + (b % (length - start + 1))
      pieces.push({ attempt: 1, offset: start, text: slice(whole, start, end) })
      covered = Math.max(covered, end)
    }
    pieces.push({ attempt: 1, offset: covered, text: slice(whole, covered, length) })
    return pieces
  })
}

function fold(pieces: readonly Piece[], start: AnswerText = NO_TEXT): AnswerText {
  return pieces.reduce((current, piece) => addPiece(current, piece).answer, start)
}

describe('the text of an answer', () => {
  test('is the same for any split, merge and repetition of its pieces', () => {
    fc.assert(
      fc.property(
        text.chain((whole) => fc.tuple(fc.constant(whole), coverings(whole))),
        ([whole, pieces]) => {
          expect(fold(pieces)).toEqual({ attempt: 1, text: whole, length: countCodePoints(whole) })
          expect(fold([...pieces, ...pieces]).text).toBe(whole)
        },
      ),
    )
  })

  test('is a beginning of the true text whatever is lost or arrives out of order', () => {
    fc.assert(
      fc.property(
        text.chain((whole) => fc.tuple(fc.constant(whole), coverings(whole).chain((p) => fc.shuffledSubarray(p)))),
        ([whole, pieces]) => {
          expect(whole.startsWith(fold(pieces).text)).toBe(true)
        },
      ),
    )
  })

  test('goes on from a snapshot taken anywhere', () => {
    fc.assert(
      fc.property(
        text.chain((whole) => fc.tuple(fc.constant(whole), coverings(whole), fc.nat(countCodePoints(whole)))),
        ([whole, pieces, cut]) => {
          const snapshot = { attempt: 1, offset: 0, text: slice(whole, 0, cut) }
          expect(fold([snapshot, ...pieces]).text).toBe(whole)
          expect(fold([...pieces, snapshot]).text).toBe(whole)
        },
      ),
    )
  })

  test('starts anew with a higher attempt and ignores a lower one', () => {
    const first = fold([{ attempt: 1, offset: 0, text: 'first try' }])
    const second = fold([{ attempt: 2, offset: 0, text: 'second' }], first)
    expect(second.text).toBe('second')
    expect(addPiece(second, { attempt: 1, offset: 9, text: '!' })).toEqual({ answer: second, gap: false })
  })

  test('reports a piece that comes too early', () => {
    const { answer, gap } = addPiece(NO_TEXT, { attempt: 1, offset: 3, text: 'late' })
    expect(gap).toBe(true)
    expect(answer).toEqual({ attempt: 1, text: '', length: 0 })
  })
})

test('code points are counted and dropped as the server counts them', () => {
  fc.assert(
    fc.property(text, fc.nat(50), (whole, count) => {
      expect(countCodePoints(whole)).toBe(Array.from(whole).length)
      expect(dropCodePoints(whole, count)).toBe(Array.from(whole).slice(count).join(''))
    }),
  )
})
