/** Personas: presets for members. A member that is made from one keeps a copy. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import type { Persona } from '@/contracts/rest'
import { newId } from '@/lib/ids'

import { request } from './request'

const PERSONAS_KEY = ['personas'] as const
/** A person has at most a hundred, and a few are built in. */
const ALL = 200

export function usePersonas() {
  return useQuery({
    queryKey: PERSONAS_KEY,
    queryFn: async () => (await request<Persona[]>('GET', '/personas', { query: { limit: ALL } })).data,
  })
}

function useChange<Input, Output>(change: (input: Input) => Promise<Output>) {
  const queries = useQueryClient()
  return useMutation({ mutationFn: change, onSettled: () => queries.invalidateQueries({ queryKey: PERSONAS_KEY }) })
}

export interface PersonaInput {
  readonly name: string
  readonly description: string
  readonly color?: string
  readonly system_prompt: string
  /** Empty: none of its own. */
  readonly model: string
}

/** A new one, or with a `slug` the one that it replaces. */
export function useSavePersona() {
  return useChange(async ({ slug, ...persona }: PersonaInput & { readonly slug: string | null }) => {
    if (slug !== null) return (await request<Persona>('PUT', `/personas/${slug}`, { body: persona })).data
    const { model, ...rest } = persona
    const body = model === '' ? rest : persona
    return (await request<Persona>('POST', '/personas', { body, idempotencyKey: newId() })).data
  })
}

export function useDeletePersona() {
  return useChange(async (slug: string) => {
    await request('DELETE', `/personas/${slug}`)
  })
}
