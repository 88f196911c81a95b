/**
 * The text of one running answer, put together from deltas and snapshots.
 *
 * Any split, merge or repetition of pieces gives the same text: what was seen already is skipped, a higher attempt
 * starts anew, a lower one is ignored, and a missing piece is reported as a gap and never papered over.
 */
import { countCodePoints, dropCodePoints } from '@/lib/codePoints'

export interface AnswerText {
  readonly attempt: number
  readonly text: string
  /** Length of `text` in code points, kept so that a long answer is never counted again. */
  readonly length: number
}

export interface Piece {
  readonly attempt: number
  readonly offset: number
  readonly text: string
}

export const NO_TEXT: AnswerText = { attempt: 0, text: '', length: 0 }

/** The text with this piece added; `gap` says that something before it is missing and the piece was not used. */
export function addPiece(current: AnswerText, piece: Piece): { answer: AnswerText; gap: boolean } {
  if (piece.attempt < current.attempt) return { answer: current, gap: false }
  const base = piece.attempt > current.attempt ? { attempt: piece.attempt, text: '', length: 0 } : current
  if (piece.offset > base.length) return { answer: base, gap: true }
  const known = base.length - piece.offset
  const added = dropCodePoints(piece.text, known)
  if (added === '') return { answer: base, gap: false }
  return {
    answer: { attempt: base.attempt, text: base.text + added, length: base.length + countCodePoints(added) },
    gap: false,
  }
}
