import { useCallback, useMemo, useState } from 'react'

import { olderMessages } from '@/lib/api/sessions'
import { useFirstRound, useLive } from '@/realtime/hooks'
import { firstRound } from '@/realtime/room'
import { toast } from '@/ui/toasts'
import { useFailureText } from '@/ui/useFailureText'

export interface Earlier {
  /** Whether there is anything before what is at hand. */
  readonly more: boolean
  readonly busy: boolean
  /** Load one page more, and say so if that fails. */
  readonly show: () => void
  /** The same for those who handle failures; false if there was nothing more. */
  readonly load: () => Promise<boolean>
}

/** Older messages than those at hand, a page at a time. */
export function useEarlier(sessionId: string): Earlier {
  const live = useLive()
  const failureText = useFailureText()
  const first = useFirstRound(sessionId)
  const [busy, setBusy] = useState(false)
  const load = useCallback(async () => {
    const roundAtHand = () => {
      const room = live.store.getState().rooms[sessionId]
      return room ? firstRound(room) : 1
    }
    const round = roundAtHand()
    if (round <= 1) return false
    setBusy(true)
    try {
      live.addOlderPage(sessionId, await olderMessages(sessionId, round))
    } finally {
      setBusy(false)
    }
    return roundAtHand() < round
  }, [live, sessionId])
  const show = useCallback(() => void load().catch((failure: unknown) => toast(failureText(failure))), [load, failureText])
  return useMemo(() => ({ more: first > 1, busy, show, load }), [first, busy, show, load])
}
