/** Leads the reader to the message that was asked for, and lights it up for a moment. */
import { type RefObject, useEffect } from 'react'

import { useWanted } from './reading'

const LIGHT_MS = 1_800

export function useLeading(sessionId: string, content: RefObject<HTMLElement | null>, letGo: () => void): void {
  useEffect(
    () =>
      useWanted.subscribe(({ wanted }) => {
        if (wanted?.sessionId !== sessionId) return
        const id = CSS.escape(wanted.messageId)
        const message = content.current?.querySelector<HTMLElement>(`[data-message="${id}"], [data-reply="${id}"]`)
        if (!message) return
        letGo()
        // Once the dialog in which it was chosen is closed: until then the page behind it takes no focus.
        requestAnimationFrame(() => lightUp(message))
      }),
    [sessionId, content, letGo],
  )
}

function lightUp(message: HTMLElement): void {
  message.scrollIntoView({ block: 'center' })
  message.focus({ preventScroll: true })
  const light = 'var(--accent-soft)'
  message.animate([{ boxShadow: `0 0 0 0.6rem ${light}`, backgroundColor: light }, {}], {
    duration: LIGHT_MS,
    easing: 'ease-in',
  })
}
