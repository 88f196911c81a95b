/** Messages and replies over REST: pins, versions, feedback. What it changes arrives as events. */
import { useMutation, useQuery } from '@tanstack/react-query'

import type { MessageItem } from '@/contracts/frames'
import { MAX_PINNED_MESSAGES, type ReplyVersions } from '@/contracts/rest'

import { newId } from '../ids'
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

/** Other words for a message, on a branch of its own. */
export function useEdit() {
  return useMutation({
    mutationFn: async ({ messageId, content }: { readonly messageId: string; readonly content: string }) => {
      await request('PUT', `/messages/${messageId}`, { body: { content, client_message_id: newId() } })
    },
  })
}

export function useShowBranch(sessionId: string) {
  return useMutation({
    mutationFn: async (branch: string) => {
      await request('PUT', `/sessions/${sessionId}/branch`, { body: { branch } })
    },
  })
}

/** Asks for another version of an answer, also of one that failed. */
export function useRegenerate() {
  return useMutation({
    mutationFn: async (replyId: string) => {
      await request('POST', `/messages/${replyId}/regenerate`, { body: {} })
    },
  })
}

/** The versions of an answer that have a text; read anew when `asked`, the highest number, changes. */
export function useVersions(replyId: string, asked: number) {
  return useQuery({
    queryKey: ['versions', replyId, asked],
    queryFn: async () => (await request<ReplyVersions>('GET', `/messages/${replyId}/versions`)).data.versions,
  })
}

export function useSelectVersion() {
  return useMutation({
    mutationFn: async ({ replyId, version }: { readonly replyId: string; readonly version: number }) => {
      await request('PUT', `/messages/${replyId}/active-version`, { body: { version } })
    },
  })
}

export interface Rating {
  readonly replyId: string
  readonly version: number
  /** Null takes it back. */
  readonly rating: 1 | -1 | null
}

export function useRate() {
  return useMutation({
    mutationFn: async ({ replyId, version, rating }: Rating) => {
      await request('POST', `/messages/${replyId}/feedback`, { body: { version, rating } })
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
