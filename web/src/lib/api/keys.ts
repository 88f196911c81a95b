/** Provider keys. A key goes in and never comes out again: only its last characters are ever shown. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useMemo } from 'react'

import type { ChangeKeyBody, KeyUsage, KeyVerdict, KeyView, NewKeyBody } from '@/contracts/rest'
import { newId } from '@/lib/ids'

import { request } from './request'

export const KEYS_KEY = ['keys'] as const

export function useKeys() {
  return useQuery({ queryKey: KEYS_KEY, queryFn: async () => (await request<KeyView[]>('GET', '/keys')).data })
}

/** Providers for which there is a key that works. */
export function useProvidersWithKey(): ReadonlySet<string> {
  const { data } = useKeys()
  return useMemo(
    () => new Set((data ?? []).filter(({ status }) => status === 'active').map(({ provider }) => provider)),
    [data],
  )
}

function useChange<Input, Output>(change: (input: Input) => Promise<Output>) {
  const queries = useQueryClient()
  return useMutation({ mutationFn: change, onSettled: () => queries.invalidateQueries({ queryKey: KEYS_KEY }) })
}

/** The clear key leaves the page once, in this request. */
export function useAddKey() {
  return useChange(async (key: NewKeyBody) => {
    return (await request<KeyView>('POST', '/keys', { body: key, idempotencyKey: newId() })).data
  })
}

export interface KeyChange extends ChangeKeyBody {
  readonly id: string
}

/** One key or several, as when they change places. */
export function useChangeKeys() {
  return useChange(async (changes: readonly KeyChange[]) => {
    await Promise.all(changes.map(({ id, ...body }) => request<KeyView>('PUT', `/keys/${id}`, { body })))
  })
}

/** Switched off, a key is forgotten by every worker within a second. */
export function useSwitchKey() {
  return useChange(async ({ id, on }: { readonly id: string; readonly on: boolean }) => {
    return (await request<KeyView>('POST', `/keys/${id}/${on ? 'enable' : 'disable'}`, { body: {} })).data
  })
}

export function useKeyUsage(id: string, enabled = true) {
  return useQuery({
    enabled,
    queryKey: [...KEYS_KEY, 'usage', id],
    queryFn: async () => (await request<KeyUsage>('GET', `/keys/${id}/usage`)).data,
  })
}

export function useValidateKey() {
  return useChange(async (id: string) => (await request<KeyVerdict>('POST', `/keys/${id}/validate`, { body: {} })).data)
}

export function useDeleteKey() {
  return useChange(async (id: string) => {
    await request('DELETE', `/keys/${id}`)
  })
}
