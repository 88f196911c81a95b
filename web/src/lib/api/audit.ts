/** The audit trail and the limits in force, for administrators. */
import { keepPreviousData, useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query'

import type { AuditEntry, Limit } from '@/contracts/rest'
import { saveFile } from '@/lib/saveFile'

import { download, request } from './request'

/** As the server filters; what is left out is not filtered by. */
export interface AuditQuery {
  readonly by?: string
  readonly action?: string
  readonly target_kind?: string
  readonly target_id?: string
  readonly service?: string
  readonly sign_in?: string
  readonly outcome?: 'done' | 'refused'
  readonly since?: string
  readonly until?: string
}

export function useAudit(filter: AuditQuery) {
  return useInfiniteQuery({
    queryKey: ['audit', filter],
    placeholderData: keepPreviousData,
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam }) => request<AuditEntry[]>('GET', '/admin/audit', { query: { ...filter, cursor: pageParam } }),
    getNextPageParam: ({ meta }) => (typeof meta['next_cursor'] === 'string' ? meta['next_cursor'] : undefined),
  })
}

/** All entries that fit, as a file. */
export function useExportAudit() {
  return useMutation({
    mutationFn: async ({ filter, format }: { readonly filter: AuditQuery; readonly format: 'csv' | 'jsonl' }) => {
      saveFile(`audit.${format}`, await download('/admin/audit/export', { ...filter, format }))
    },
  })
}

export function useLimits() {
  return useQuery({ queryKey: ['limits'], queryFn: async () => (await request<Limit[]>('GET', '/admin/limits')).data })
}
