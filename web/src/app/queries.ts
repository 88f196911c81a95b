/** What the page remembers of the server's answers: for each person, and each reader, a memory of their own. */
import { QueryClient } from '@tanstack/react-query'

import { ApiFailure } from '@/lib/api/call'

const MAX_RETRIES = 2

export function newQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        retry: (count, failure) => count < MAX_RETRIES && failure instanceof ApiFailure && failure.retryable,
      },
    },
  })
}
