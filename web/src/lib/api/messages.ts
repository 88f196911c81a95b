/** Messages and replies over REST: what a room has pinned. Pins themselves arrive as events. */
import { useMutation, useQuery } from '@tanstack/react-query'

import type { MessageItem } from '@/contracts/frames'
import { MAX_PINNED_MESSAGES } from '@/contracts/rest'

import { request } from './request'

export interface Pin {
  readonly messageId: string
  readonly pinned: boolean
}

export function usePin() {
  return useMutation({
    mutationFn: async ({ messageId, pinned }: Pin) => {
      await request(pinned ? 'PUT' : 'DELETE', `/messages/${messageId}/pin`)
    },
  })
}

/** What is pinned, the last pinned first; read anew when `pinned`, the ids, change. */
export function usePinned(sessionId: string, pinned: readonly string[]) {
  return useQuery({
    queryKey: ['pinned', sessionId, pinned.join(' ')],
    queryFn: async () => {
      const query = { limit: MAX_PINNED_MESSAGES }
      return (await request<MessageItem[]>('GET', `/sessions/${sessionId}/pinned`, { query })).data
    },
    placeholderData: (before) => before,
  })
}
