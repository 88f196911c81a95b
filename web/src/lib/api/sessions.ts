/** Rooms, their seats and their history over REST. What happens inside a room afterwards arrives as events. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import type { MessageItem } from '@/contracts/frames'
import type { ContextUsage, Participant, SessionView } from '@/contracts/protocol'
import type { NewParticipant, NewSession, UpdateParticipantBody } from '@/contracts/rest'
import { newId } from '@/lib/ids'

import { request } from './request'

export const SESSIONS_KEY = ['sessions'] as const
/** One page is enough for the list beside the conversation; finding older rooms is the search's work. */
const LISTED_ROOMS = 200
const HISTORY_PAGE = 50
const EXPORT_PAGE = 200

async function listed(archived: boolean): Promise<SessionView[]> {
  return (await request<SessionView[]>('GET', '/sessions', { query: { limit: LISTED_ROOMS, archived } })).data
}

export function useSessions() {
  return useQuery({
    queryKey: SESSIONS_KEY,
    queryFn: async () => (await Promise.all([listed(false), listed(true)])).flat(),
  })
}

function useChange<Input, Output>(change: (input: Input) => Promise<Output>) {
  const queries = useQueryClient()
  return useMutation({ mutationFn: change, onSettled: () => queries.invalidateQueries({ queryKey: SESSIONS_KEY }) })
}

export function useCreateSession() {
  return useChange(async (session: NewSession) => {
    return (await request<SessionView>('POST', '/sessions', { body: session, idempotencyKey: newId() })).data
  })
}

export interface SessionChange {
  readonly id: string
  readonly title?: string
  readonly system_prompt?: string
  readonly prompt_mode?: SessionView['prompt_mode']
}

export function useUpdateSession() {
  return useChange(async ({ id, ...change }: SessionChange) => {
    return (await request<SessionView>('PUT', `/sessions/${id}`, { body: change })).data
  })
}

export function useArchiveSession() {
  return useChange(async ({ id, archived }: { readonly id: string; readonly archived: boolean }) => {
    return (await request<SessionView>('POST', `/sessions/${id}/${archived ? 'archive' : 'unarchive'}`)).data
  })
}

export function useDeleteSession() {
  return useChange(async (id: string) => {
    await request('DELETE', `/sessions/${id}`)
  })
}

export function useRestoreSession() {
  return useChange(async (id: string) => {
    return (await request<SessionView>('POST', `/sessions/${id}/restore`)).data
  })
}

/** Rooms that can be taken back, the last deleted first. Kept under the key of the list: what changes it changes both. */
export function useDeletedSessions() {
  return useQuery({
    queryKey: [...SESSIONS_KEY, 'deleted'],
    queryFn: async () => {
      const query = { limit: LISTED_ROOMS, deleted: true }
      return (await request<SessionView[]>('GET', '/sessions', { query })).data
    },
  })
}

export function useAddParticipant(sessionId: string) {
  return useChange(async (seat: NewParticipant) => {
    const path = `/sessions/${sessionId}/participants`
    return (await request<Participant>('POST', path, { body: seat, idempotencyKey: newId() })).data
  })
}

export interface ParticipantChange extends UpdateParticipantBody {
  readonly id: string
}

export function useUpdateParticipant(sessionId: string) {
  return useChange(async ({ id, ...change }: ParticipantChange) => {
    return (await request<Participant>('PUT', `/sessions/${sessionId}/participants/${id}`, { body: change })).data
  })
}

export function useRemoveParticipant(sessionId: string) {
  return useChange(async (id: string) => {
    await request('DELETE', `/sessions/${sessionId}/participants/${id}`)
  })
}

/** The page of messages before a round, oldest first. */
export async function olderMessages(sessionId: string, beforeRound: number): Promise<MessageItem[]> {
  const query = { before: beforeRound, limit: HISTORY_PAGE }
  return (await request<MessageItem[]>('GET', `/messages/session/${sessionId}`, { query })).data
}

/** Everything that a room shows, oldest first; `before` a round, if one is given. */
export async function allMessages(sessionId: string, before?: number): Promise<MessageItem[]> {
  const query = { limit: EXPORT_PAGE, ...(before === undefined ? {} : { before }) }
  const { data, meta } = await request<MessageItem[]>('GET', `/messages/session/${sessionId}`, { query })
  const next = meta?.['next_cursor']
  return typeof next === 'number' ? [...(await allMessages(sessionId, next)), ...data] : data
}

/** How full each participant's window would be with the next message. */
export async function readUsage(sessionId: string): Promise<ContextUsage> {
  return (await request<ContextUsage>('GET', `/chat/context/${sessionId}`)).data
}
