/** Links to rooms: made and taken back by their owners, read by whoever has one. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import type { NewShare, ShareBody, ShareView, SharedPage } from '@/contracts/rest'

import { callApi } from './call'
import { request } from './request'

const keyOf = (sessionId: string) => ['shares', sessionId] as const

export function useShares(sessionId: string) {
  return useQuery({
    queryKey: keyOf(sessionId),
    queryFn: async () => (await request<ShareView[]>('GET', `/sessions/${sessionId}/shares`)).data,
  })
}

function useChange<Input, Output>(sessionId: string, change: (input: Input) => Promise<Output>) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: change,
    gcTime: 0, // a link is shown once and not remembered
    onSettled: () => queries.invalidateQueries({ queryKey: keyOf(sessionId) }),
  })
}

export function useShare(sessionId: string) {
  return useChange(sessionId, async (body: ShareBody) => {
    return (await request<NewShare>('POST', `/sessions/${sessionId}/shares`, { body })).data
  })
}

export function useRevokeShare(sessionId: string) {
  return useChange(sessionId, async (id: string) => {
    await request('DELETE', `/sessions/${sessionId}/shares/${id}`)
  })
}

/** What a link shows. Nobody needs to be signed in for it, and nobody's sign-in goes with it. */
export function useShared(token: string) {
  return useInfiniteQuery({
    queryKey: ['shared', token],
    initialPageParam: 0,
    queryFn: async ({ pageParam }) => (await callApi<SharedPage>('POST', '/shared', { body: { token, after: pageParam } })).data,
    getNextPageParam: ({ next_after }) => next_after,
    staleTime: Infinity, // a link shows one moment
  })
}
