/** Summaries of what models no longer see. That one came or changed is told by a notice. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import type { SummaryView } from '@/contracts/rest'

import { request } from './request'

function keyOf(sessionId: string) {
  return ['summaries', sessionId] as const
}

/** All versions, the newest first; read anew when `changes`, a count of what was heard of them, grows. */
export function useSummaries(sessionId: string, changes: number) {
  return useQuery({
    queryKey: [...keyOf(sessionId), changes],
    queryFn: async () => (await request<SummaryView[]>('GET', `/chat/context/${sessionId}/summaries`)).data,
    placeholderData: (before) => before,
  })
}

function useChange<Input, Output>(sessionId: string, change: (input: Input) => Promise<Output>) {
  const queries = useQueryClient()
  return useMutation({ mutationFn: change, onSettled: () => queries.invalidateQueries({ queryKey: keyOf(sessionId) }) })
}

/** The person's words become a new version. */
export function useEditSummary(sessionId: string) {
  return useChange(sessionId, async ({ id, text }: { readonly id: string; readonly text: string }) => {
    return (await request<SummaryView>('PUT', `/chat/context/${sessionId}/summaries/${id}`, { body: { text } })).data
  })
}

export function useDeleteSummary(sessionId: string) {
  return useChange(sessionId, async (id: string) => {
    await request('DELETE', `/chat/context/${sessionId}/summaries/${id}`)
  })
}
