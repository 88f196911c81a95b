/** Leads the reader to the message that was asked for, and lights it up for a moment. */
import { useEffect, useRef } from 'react'

import { toast } from '@/ui/toasts'
import { useFailureText } from '@/ui/useFailureText'

import { useWanted } from './reading'
import { type Row, indexOfMessage } from './rows'
import type { TranscriptWindow } from './useTranscriptWindow'

const LIGHT_MS = 1_800
/** A row that was scrolled to is on the screen within a few pictures, unless it left the transcript meanwhile. */
const PICTURES = 30

interface Leading {
  readonly rows: readonly Row[]
  readonly window: TranscriptWindow
  /** Add a page of older messages; false if there are none. */
  readonly loadEarlier: () => Promise<boolean>
}

export function useLeading(sessionId: string, { rows, window, loadEarlier }: Leading): void {
  const failureText = useFailureText()
  const latest = useRef(rows)
  useEffect(() => {
    latest.current = rows
  }, [rows])
  useEffect(() => {
    const lead = async (messageId: string) => {
      const find = () => indexOfMessage(latest.current, messageId)
      // Behind a dialog nothing takes the focus: the one in which it was chosen is closed first.
      await painted()
      // What has scrolled out of the loaded history is loaded page by page.
      // oxlint-disable-next-line no-await-in-loop
      while (find() < 0 && (await loadEarlier())) await painted()
      if (find() < 0) return
      window.virtualizer.scrollToIndex(find(), { align: 'center' })
      const message = await laidOut(window.frame, messageId)
      if (message) lightUp(message)
    }
    return useWanted.subscribe(({ wanted }) => {
      if (wanted?.sessionId !== sessionId) return
      if (wanted.messageId === null) window.toEnd()
      else lead(wanted.messageId).catch((failure: unknown) => toast(failureText(failure)))
    })
  }, [sessionId, window, loadEarlier, failureText])
}

function painted(): Promise<unknown> {
  return new Promise(requestAnimationFrame)
}

async function laidOut(frame: HTMLElement | null, messageId: string): Promise<HTMLElement | null> {
  const id = CSS.escape(messageId)
  for (let picture = 0; picture < PICTURES; picture += 1) {
    const found = frame?.querySelector<HTMLElement>(`[data-message="${id}"], [data-reply="${id}"]`)
    if (found) return found
    // oxlint-disable-next-line no-await-in-loop
    await painted()
  }
  return null
}

function lightUp(message: HTMLElement): void {
  message.focus({ preventScroll: true })
  // Side by side, its column may be beside the screen.
  message.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  const light = 'var(--accent-soft)'
  message.animate([{ boxShadow: `0 0 0 0.6rem ${light}`, backgroundColor: light }, {}], {
    duration: LIGHT_MS,
    easing: 'ease-in',
  })
}
