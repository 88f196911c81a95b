import { useState } from 'react'

import { olderMessages } from '@/lib/api/sessions'
import { useLive, useTranscript } from '@/realtime/hooks'
import type { TranscriptItem } from '@/realtime/transcript'
import { toast } from '@/ui/toasts'
import { useFailureText } from '@/ui/useFailureText'

interface Earlier {
  /** Whether there is anything before what is shown. */
  readonly more: boolean
  readonly busy: boolean
  readonly load: () => void
}

/** Older messages than those at hand, a page at a time. */
export function useEarlier(sessionId: string): Earlier {
  const live = useLive()
  const failureText = useFailureText()
  const [first] = useTranscript(sessionId)
  const [busy, setBusy] = useState(false)
  const round = first ? roundOf(first) : null
  const load = async () => {
    if (round === null) return
    setBusy(true)
    try {
      live.addOlderPage(sessionId, await olderMessages(sessionId, round))
    } catch (failure) {
      toast(failureText(failure))
    } finally {
      setBusy(false)
    }
  }
  return { more: round !== null && round > 1, busy, load: () => void load() }
}

function roundOf(item: TranscriptItem): number | null {
  if (item.kind === 'message') return item.message.round
  return item.kind === 'ended' ? item.end.turn.round : null
}
