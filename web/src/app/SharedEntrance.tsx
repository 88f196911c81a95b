import { QueryClientProvider } from '@tanstack/react-query'
import { Suspense, lazy, useState, useSyncExternalStore } from 'react'

import { newQueries } from './queries'
import { useTheme } from './useTheme'

const SharedPage = lazy(async () => ({ default: (await import('@/features/shared/SharedPage')).SharedPage }))

/** Whether this visit is a reader's, who needs no account. */
export function isReading(): boolean {
  return location.pathname === '/shared'
}

/** The token stays in the fragment, which no server sees: so the page can be opened again. */
export function SharedEntrance() {
  useTheme()
  const token = useSyncExternalStore(followFragment, () => location.hash.slice(1))
  const [queries] = useState(newQueries)
  return (
    <QueryClientProvider client={queries}>
      <Suspense fallback={null}>
        <SharedPage key={token} token={token} />
      </Suspense>
    </QueryClientProvider>
  )
}

function followFragment(listener: () => void): () => void {
  window.addEventListener('hashchange', listener)
  return () => window.removeEventListener('hashchange', listener)
}
