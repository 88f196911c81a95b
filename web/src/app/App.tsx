import { QueryClientProvider } from '@tanstack/react-query'
import { CloudOff } from 'lucide-react'
import { Tooltip } from 'radix-ui'
import { useCallback, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { SignInPage } from '@/features/sign-in/SignInPage'
import { useAccount } from '@/lib/credentials'
import { Button } from '@/ui/Button'
import { Toaster } from '@/ui/Toaster'
import { Mark } from '@/ui/Wordmark'

import { Shell } from './Shell'
import { enter } from './entrance'
import { newQueries } from './queries'
import { useTheme } from './useTheme'

/** Whoever began without a network sees by themselves that it is back. */
const RETRY_EVERY_MS = 5_000

export function App() {
  useTheme()
  const account = useAccount()
  const [linkFailure, setLinkFailure] = useState<unknown>(null)
  const [resetToken, setResetToken] = useState<string | null>(null)
  const [invitation, setInvitation] = useState<string | null>(null)
  const [unreachable, setUnreachable] = useState(false)

  const begin = useCallback(() => {
    enter().then(
      (entrance) => {
        setUnreachable(false)
        setLinkFailure(entrance.linkFailure)
        if (entrance.resetToken !== null) setResetToken(entrance.resetToken)
        if (entrance.invitation !== null) setInvitation(entrance.invitation)
      },
      () => setUnreachable(true),
    )
  }, [])
  useEffect(() => {
    begin()
    // A sign-in link that is opened in this very tab changes the fragment only.
    window.addEventListener('hashchange', begin)
    return () => window.removeEventListener('hashchange', begin)
  }, [begin])
  useEffect(() => {
    if (!unreachable) return undefined
    const timer = setInterval(begin, RETRY_EVERY_MS)
    window.addEventListener('online', begin)
    return () => {
      clearInterval(timer)
      window.removeEventListener('online', begin)
    }
  }, [unreachable, begin])

  return (
    <Tooltip.Provider delayDuration={400}>
      {account.state === 'signed-in' && resetToken === null ? (
        <SignedIn key={account.user.id} userId={account.user.id} />
      ) : null}
      {account.state === 'signed-out' || (account.state === 'signed-in' && resetToken !== null) ? (
        <SignInPage
          key={invitation}
          linkFailure={linkFailure}
          resetToken={resetToken}
          invitation={invitation}
          onReset={() => setResetToken(null)}
        />
      ) : null}
      {account.state === 'unknown' ? <Entering failed={unreachable} onRetry={begin} /> : null}
      <Toaster />
    </Tooltip.Provider>
  )
}

/** Another person's data is never shown for a moment: each gets a memory of their own. */
function SignedIn({ userId }: { readonly userId: string }) {
  const [queries] = useState(newQueries)
  return (
    <QueryClientProvider client={queries}>
      <Shell userId={userId} />
    </QueryClientProvider>
  )
}

function Entering({ failed, onRetry }: { readonly failed: boolean; readonly onRetry: () => void }) {
  const { t } = useTranslation()
  return (
    <div className="flex h-dvh flex-col items-center justify-center gap-5 p-6 text-center">
      <Mark className={failed ? 'size-12' : 'size-12 animate-pulse'} />
      {failed ? (
        <>
          <p role="alert" className="fixed inset-x-0 top-0 flex items-center justify-center gap-2.5 bg-ink px-4 py-2 text-[0.8125rem] text-canvas">
            <CloudOff size={15} aria-hidden="true" className="shrink-0" />
            {t('connection.begunAway')}
          </p>
          <Button onClick={onRetry}>{t('tryAgain')}</Button>
        </>
      ) : (
        <p role="status" className="sr-only">
          {t('entering')}
        </p>
      )}
    </div>
  )
}
