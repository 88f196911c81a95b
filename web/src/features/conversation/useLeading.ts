/** Leads the reader to the message that was asked for, and lights it up for a moment. */
import { type RefObject, useEffect } from 'react'

import { toast } from '@/ui/toasts'
import { useFailureText } from '@/ui/useFailureText'

import { useWanted } from './reading'

const LIGHT_MS = 1_800

interface Leading {
  readonly content: RefObject<HTMLElement | null>
  /** Add a page of older messages; false if there are none. */
  readonly loadEarlier: () => Promise<boolean>
  readonly letGo: () => void
}

export function useLeading(sessionId: string, { content, loadEarlier, letGo }: Leading): void {
  const failureText = useFailureText()
  useEffect(() => {
    const lead = async (messageId: string) => {
      const id = CSS.escape(messageId)
      const find = () => content.current?.querySelector<HTMLElement>(`[data-message="${id}"], [data-reply="${id}"]`)
      // Behind a dialog nothing takes the focus: the one in which it was chosen is closed first.
      await painted()
      // What has scrolled out of the loaded history is loaded page by page.
      // oxlint-disable-next-line no-await-in-loop
      while (!find() && (await loadEarlier())) await painted()
      const message = find()
      if (!message) return
      letGo()
      lightUp(message)
    }
    return useWanted.subscribe(({ wanted }) => {
      if (wanted?.sessionId !== sessionId) return
      lead(wanted.messageId).catch((failure: unknown) => toast(failureText(failure)))
    })
  }, [sessionId, content, loadEarlier, letGo, failureText])
}

function painted(): Promise<unknown> {
  return new Promise(requestAnimationFrame)
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
