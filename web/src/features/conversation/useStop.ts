import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'

import { useLive } from '@/realtime/hooks'
import { toast } from '@/ui/toasts'
import { useFailureText } from '@/ui/useFailureText'

/** Stops one turn of a room, or without one all; says so if the server does not take it. */
export function useStop(sessionId: string): (turnId?: string) => void {
  const { t } = useTranslation()
  const live = useLive()
  const failureText = useFailureText()
  return useCallback(
    (turnId) => {
      void live.stopTurns(sessionId, turnId).then((answer) => {
        if (answer === 'taken') return
        toast(answer === 'offline' ? t('stop.notConnected') : t('stop.refused', { reason: failureText(answer) }))
      })
    },
    [sessionId, live, t, failureText],
  )
}
