/** The catalogue of models and providers; it changes only with the server's configuration. */
import { useQuery } from '@tanstack/react-query'

import type { ModelCard, ProviderCard } from '@/contracts/rest'

import { request } from './request'

const FRESH_FOR_MS = 5 * 60_000

export function useModels() {
  return useQuery({
    queryKey: ['models'],
    staleTime: FRESH_FOR_MS,
    queryFn: async () => (await request<ModelCard[]>('GET', '/models')).data,
  })
}

export function useProviders() {
  return useQuery({
    queryKey: ['providers'],
    staleTime: FRESH_FOR_MS,
    queryFn: async () => (await request<ProviderCard[]>('GET', '/models/providers')).data,
  })
}
