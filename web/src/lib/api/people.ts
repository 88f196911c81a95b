/** People and their sign-ins, for administrators. */
import { keepPreviousData, useMutation, useQueries, useQuery, useQueryClient } from '@tanstack/react-query'

import type { PersonBody, PersonView, Role, SignInRecord } from '@/contracts/rest'

import { type Answer } from './call'
import { request } from './request'

const PEOPLE_KEY = ['people'] as const
const NAMES_FRESH_FOR_MS = 5 * 60_000
/** More sign-ins than anybody has. */
const ALL_SIGN_INS = 200

export interface PeopleFilter {
  readonly q: string
  readonly role: Role | ''
  readonly status: 'active' | 'suspended' | ''
  readonly page: number
}

export interface Page<Entry> {
  readonly entries: readonly Entry[]
  readonly total: number
}

export const PEOPLE_PER_PAGE = 20

function pageOf<Entry>({ data, meta }: Answer<Entry[]>): Page<Entry> {
  return { entries: data, total: Number(meta['total'] ?? data.length) }
}

export function usePeople({ q, role, status, page }: PeopleFilter) {
  const query = { q: q || undefined, role: role || undefined, status: status || undefined, page, limit: PEOPLE_PER_PAGE }
  return useQuery({
    queryKey: [...PEOPLE_KEY, query],
    placeholderData: keepPreviousData,
    queryFn: async () => pageOf(await request<PersonView[]>('GET', '/admin/users', { query })),
  })
}

/** Id → name, of those who are still there. */
export function usePeopleNames(ids: readonly string[]): ReadonlyMap<string, string> {
  return useQueries({
    queries: ids.map((id) => ({
      queryKey: [...PEOPLE_KEY, 'one', id],
      staleTime: NAMES_FRESH_FOR_MS,
      retry: false,
      queryFn: async () => (await request<PersonView>('GET', `/admin/users/${id}`)).data,
    })),
    combine: (answers) => new Map(answers.flatMap(({ data }) => (data ? [[data.id, data.nickname]] : []))),
  })
}

function useChange<Input, Output>(change: (input: Input) => Promise<Output>) {
  const queries = useQueryClient()
  return useMutation({ mutationFn: change, onSettled: () => queries.invalidateQueries({ queryKey: PEOPLE_KEY }) })
}

/** Who is suspended is signed out everywhere, and what runs for them stops. */
export function useChangePerson() {
  return useChange(async ({ id, ...body }: PersonBody & { readonly id: string }) => {
    return (await request<PersonView>('PUT', `/admin/users/${id}`, { body })).data
  })
}

export function useDeletePerson() {
  return useChange(async (id: string) => {
    await request('DELETE', `/admin/users/${id}`)
  })
}

/** For somebody who lost it; they are told by mail, and their password alone signs them in. */
export function useResetSecondFactor() {
  return useChange(async (id: string) => {
    await request('DELETE', `/admin/users/${id}/second-factor`)
  })
}

export function useSignInsOf(userId: string) {
  const query = { user_id: userId, limit: ALL_SIGN_INS }
  return useQuery({
    queryKey: [...PEOPLE_KEY, 'sign-ins', userId],
    queryFn: async () => (await request<SignInRecord[]>('GET', '/admin/sign-ins', { query })).data,
  })
}

export function useEndAnySignIns() {
  return useChange(async (ids: readonly string[]) => {
    await Promise.all(ids.map((id) => request('DELETE', `/admin/sign-ins/${id}`)))
  })
}
