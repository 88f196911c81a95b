/** Whoever reads in the middle of a room goes on reading there when the same room is laid out otherwise. */
import { useEffect, useLayoutEffect, useRef } from 'react'

import { usePreferences } from '@/lib/preferences'

import { type Row, indexOfMessage } from './rows'
import type { TranscriptWindow } from './useTranscriptWindow'

const MESSAGES = '[data-message], [data-reply]'
/** Where to look for what is being read, in pixels below the upper edge: between two messages there is nothing. */
const DEPTHS = [4, 64, 120, 200, 320] as const

type Place = { readonly messageId: string } | 'end' | null

export function useKeptPlace(rows: readonly Row[], { frame, virtualizer, atEnd, toEnd }: TranscriptWindow): void {
  const place = useRef<Place>(null)
  // Heard before the rows are others.
  useEffect(
    () =>
      usePreferences.subscribe((preferences, before) => {
        if (preferences.roomView !== before.roomView) place.current = atEnd ? 'end' : readIn(frame)
      }),
    [frame, atEnd],
  )
  useLayoutEffect(() => {
    const kept = place.current
    place.current = null
    if (kept === 'end') toEnd()
    else if (kept !== null) virtualizer.scrollToIndex(indexOfMessage(rows, kept.messageId), { align: 'start' })
  }, [rows, virtualizer, toEnd])
}

/** The message under the reader's eyes. */
function readIn(frame: HTMLElement | null): Place {
  if (!frame) return null
  const { left, top, width } = frame.getBoundingClientRect()
  for (const depth of DEPTHS) {
    const message = document.elementFromPoint(left + width / 2, top + depth)?.closest<HTMLElement>(MESSAGES)
    const messageId = message?.dataset['message'] ?? message?.dataset['reply']
    if (messageId !== undefined) return { messageId }
  }
  return null
}
