/** The catalogue of models and providers. Which models would answer now is told as it changes, and asked anew whenever they
 * are chosen from. */
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'

import type { ModelCard, ProviderCard } from '@/contracts/rest'

import { request } from './request'

const FRESH_FOR_MS = 5 * 60_000
/** What a provider refuses is tried again after seconds. */
const STANDING_FRESH_FOR_MS = 10_000
/** While one of them would not answer: the word that it is well again may have been lost with the connection. */
const UNWELL_FRESH_FOR_MS = 30_000

export const MODELS_KEY = ['models'] as const

export function useModels() {
  return useQuery({
    queryKey: MODELS_KEY,
    staleTime: STANDING_FRESH_FOR_MS,
    refetchInterval: ({ state }) => (state.data?.some(isUnwell) ? UNWELL_FRESH_FOR_MS : false),
    queryFn: async () => (await request<ModelCard[]>('GET', '/models')).data,
  })
}

function isUnwell({ availability }: ModelCard): boolean {
  return availability === 'degraded' || availability === 'unavailable'
}

export function useProviders() {
  return useQuery({
    queryKey: ['providers'],
    staleTime: FRESH_FOR_MS,
    queryFn: async () => (await request<ProviderCard[]>('GET', '/models/providers')).data,
  })
}

/** Id → what a person calls it. */
export function useModelNames(): ReadonlyMap<string, string> {
  const { data } = useModels()
  return useMemo(() => new Map((data ?? []).map(({ id, display_name }) => [id, display_name])), [data])
}

export function useProviderNames(): ReadonlyMap<string, string> {
  const { data } = useProviders()
  return useMemo(() => new Map((data ?? []).map(({ id, display_name }) => [id, display_name])), [data])
}
