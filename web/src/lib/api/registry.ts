/** Providers and models as administrators keep them. What changes here changes what everybody can choose. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import type { DiscoveredModels, ModelFacts, ProviderFacts, RegisteredModel, RegisteredProvider } from '@/contracts/rest'
import { newId } from '@/lib/ids'

import { request } from './request'

const PROVIDERS_KEY = ['admin-providers'] as const
const MODELS_KEY = ['admin-models'] as const

export function useRegisteredProviders() {
  return useQuery({
    queryKey: PROVIDERS_KEY,
    queryFn: async () => (await request<RegisteredProvider[]>('GET', '/admin/providers')).data,
  })
}

export function useRegisteredModels() {
  return useQuery({
    queryKey: MODELS_KEY,
    queryFn: async () => (await request<RegisteredModel[]>('GET', '/admin/models')).data,
  })
}

function useChange<Input, Output>(change: (input: Input) => Promise<Output>) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: change,
    onSettled: () =>
      Promise.all([PROVIDERS_KEY, MODELS_KEY, ['providers'], ['models']].map((queryKey) => queries.invalidateQueries({ queryKey }))),
  })
}

interface Saved<Facts> {
  readonly id: string
  readonly facts: Facts
  /** It is not there yet. */
  readonly isNew: boolean
}

export function useSaveProvider() {
  return useChange(async ({ id, facts, isNew }: Saved<ProviderFacts>) => {
    if (!isNew) return (await request<RegisteredProvider>('PUT', `/admin/providers/${id}`, { body: facts })).data
    return (await request<RegisteredProvider>('POST', '/admin/providers', { body: { ...facts, id }, idempotencyKey: newId() })).data
  })
}

export function useSaveModel() {
  return useChange(async ({ id, facts, isNew }: Saved<ModelFacts>) => {
    if (!isNew) return (await request<RegisteredModel>('PUT', `/admin/models/${id}`, { body: facts })).data
    return (await request<RegisteredModel>('POST', '/admin/models', { body: { ...facts, id }, idempotencyKey: newId() })).data
  })
}

/** One that was added; a built-in one that it stood for is back. */
export function useRemoveRegistered(kind: 'providers' | 'models') {
  return useChange(async (id: string) => {
    await request('DELETE', `/admin/${kind}/${id}`)
  })
}

/** What a provider itself says it offers, asked with a key of one's own. */
export function useDiscover() {
  return useMutation({
    mutationFn: async (provider: string) => {
      return (await request<DiscoveredModels>('GET', '/models/discover', { query: { provider } })).data
    },
  })
}
