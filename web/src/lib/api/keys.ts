/** Provider keys. A key goes in and never comes out again: only its last characters are ever shown. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useMemo } from 'react'

import type { KeyVerdict, KeyView } from '@/contracts/rest'
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

export interface NewKey {
  readonly provider: string
  readonly label: string
  /** The clear key; it leaves the page once, in this request. */
  readonly apiKey: string
}

export function useAddKey() {
  return useChange(async ({ apiKey, ...key }: NewKey) => {
    return (await request<KeyView>('POST', '/keys', { body: { ...key, api_key: apiKey }, idempotencyKey: newId() })).data
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
