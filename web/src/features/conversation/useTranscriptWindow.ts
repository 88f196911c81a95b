/**
 * Which rows of the transcript are laid out: those near the screen, whatever the length of the room.
 *
 * Keeps a growing text at its end for as long as the reader is there, and what they read where it is otherwise.
 */
import { type Range, type ReactVirtualizer, type Virtualizer, useVirtualizer } from '@tanstack/react-virtual'
import { type RefCallback, useCallback, useMemo, useState } from 'react'

import { type Row, estimatedHeight } from './rows'

/** Nearer to the end than this counts as being there, in pixels. */
const NEAR = 96
/** So much beyond the screen is laid out above and below, so that whoever scrolls finds it there. */
const BEYOND_PX = 600
const BELOW_PX = 32

type Rows = Virtualizer<HTMLDivElement, HTMLDivElement>

export interface TranscriptWindow {
  /** What scrolls. */
  readonly frame: HTMLDivElement | null
  readonly frameRef: RefCallback<HTMLDivElement>
  readonly virtualizer: ReactVirtualizer<HTMLDivElement, HTMLDivElement>
  readonly atEnd: boolean
  readonly toEnd: () => void
}

/** `above`: pixels at the top that something else covers. */
export function useTranscriptWindow(rows: readonly Row[], above: number): TranscriptWindow {
  const [frame, frameRef] = useState<HTMLDivElement | null>(null)
  const [atEnd, setAtEnd] = useState(true)
  const keyOf = useCallback((index: number) => rows[index]?.key ?? index, [rows])
  // The virtualizer stays one and the same object; who shows its rows asks it in every render.
  // oxlint-disable-next-line react/incompatible-library
  const virtualizer: ReactVirtualizer<HTMLDivElement, HTMLDivElement> = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame,
    getItemKey: keyOf,
    estimateSize: (index) => (rows[index] ? estimatedHeight(rows[index]) : 0),
    overscan: 0,
    rangeExtractor: (range) => laidOut(range, virtualizer),
    paddingStart: above,
    scrollPaddingStart: above,
    paddingEnd: BELOW_PX,
    anchorTo: 'end',
    followOnAppend: true,
    scrollEndThreshold: NEAR,
    directDomUpdates: true,
    directDomUpdatesMode: 'position',
    onChange: (changed) => setAtEnd(isAtEnd(changed)),
  })
  const toEnd = useCallback(() => virtualizer.scrollToEnd(), [virtualizer])
  return useMemo(() => ({ frame, frameRef, virtualizer, atEnd, toEnd }), [frame, virtualizer, atEnd, toEnd])
}

/** From what is known: its own `isAtEnd` asks the page, which would lay it out once more for each piece of text. */
function isAtEnd(virtualizer: Rows): boolean {
  const { scrollOffset, scrollRect } = virtualizer
  return virtualizer.getTotalSize() - (scrollOffset ?? 0) - (scrollRect?.height ?? 0) <= NEAR
}

/** Measured in pixels, not in rows: one long answer beyond the screen is as much as ten short ones. */
function laidOut({ startIndex, endIndex, count }: Range, { measurementsCache, scrollElement }: Rows): number[] {
  const heightOf = (index: number) => measurementsCache[index]?.size ?? 0
  let [first, last] = [startIndex, endIndex]
  for (let above = 0; first > 0 && above < BEYOND_PX; above += heightOf(first)) first -= 1
  for (let below = 0; last < count - 1 && below < BEYOND_PX; below += heightOf(last)) last += 1
  const near = Array.from({ length: last - first + 1 }, (_, offset) => first + offset)
  const focused = indexWithFocus(scrollElement)
  return focused === null || focused >= count || near.includes(focused) ? near : [...near, focused].toSorted((a, b) => a - b)
}

/** A row that has the focus stays, or the keyboard would lose its place. */
function indexWithFocus(frame: HTMLElement | null): number | null {
  const row = document.activeElement?.closest<HTMLElement>('[data-index]')
  return row && frame?.contains(row) ? Number(row.dataset.index) : null
}
