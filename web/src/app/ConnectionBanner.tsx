import { CloudOff, TriangleAlert } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { Dependency } from '@/contracts/frames'
import type { ConnectionStatus } from '@/realtime/connection'
import { useLive, useLiveState } from '@/realtime/hooks'

/** What is down and matters most is what is said. */
const BY_GRAVITY = ['nats', 'postgres', 'redis'] as const satisfies readonly Dependency[]

/** A connection that is back sooner than this was never missed. */
const SHOW_AFTER_MS = 800

/** Says that the page is offline or the service degraded, what that means, and what happens next. */
export function ConnectionBanner() {
  const { t } = useTranslation()
  const live = useLive()
  const status = useLiveState((state) => state.status)
  const degraded = useLiveState((state) => state.degraded)
  const offline = useForAWhile(isAway(status))
  const trouble = BY_GRAVITY.find((dependency) => dependency in degraded)
  return (
    <div role="status">
      {offline ? (
        <p className="flex flex-wrap items-center justify-center gap-x-3 gap-y-1 bg-ink px-4 py-2 text-center text-[0.8125rem] text-canvas">
          <CloudOff size={15} aria-hidden="true" />
          {status.phase === 'stopped' ? t(`connection.${status.reason}`) : <AwayText status={status} />}
          <button type="button" onClick={() => live.retryNow()} className="font-semibold underline underline-offset-2">
            {t('connection.now')}
          </button>
        </p>
      ) : null}
      {!offline && trouble !== undefined ? (
        <p className="flex items-center justify-center gap-2.5 bg-warn-soft px-4 py-2 text-center text-[0.8125rem] text-warn">
          <TriangleAlert size={15} aria-hidden="true" className="shrink-0" />
          {t(`connection.down.${trouble}`)}
        </p>
      ) : null}
    </div>
  )
}

function isAway(status: ConnectionStatus): boolean {
  if (status.phase === 'waiting') return true
  if (status.phase === 'stopped') return status.reason !== 'signed-out'
  return status.phase === 'connecting' && status.attempt > 0
}

function useForAWhile(condition: boolean): boolean {
  const [lasting, setLasting] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLasting(condition), condition ? SHOW_AFTER_MS : 0)
    return () => clearTimeout(timer)
  }, [condition])
  return lasting && condition
}

function AwayText({ status }: { readonly status: ConnectionStatus }) {
  const { t } = useTranslation()
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000)
    return () => clearInterval(timer)
  }, [])
  if (status.phase !== 'waiting') return t('connection.reconnecting')
  // The seconds are for the eye; a screen reader would be interrupted every second.
  return (
    <span>
      {t('connection.away')}{' '}
      <span aria-hidden="true" className="tabular-nums">
        {t('connection.retryIn', { count: Math.max(1, Math.ceil((status.retryAt - now) / 1_000)) })}
      </span>
    </span>
  )
}
