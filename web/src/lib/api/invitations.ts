/** Invitations to open an account, for administrators. */
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import type { InvitationBody, InvitationView, NewInvitation } from '@/contracts/rest'

import { request } from './request'

const INVITATIONS_KEY = ['invitations'] as const

export const INVITATIONS_PER_PAGE = 20

export function useInvitations(state: InvitationView['state'] | '', page: number) {
  const query = { state: state || undefined, page, limit: INVITATIONS_PER_PAGE }
  return useQuery({
    queryKey: [...INVITATIONS_KEY, query],
    placeholderData: keepPreviousData,
    queryFn: async () => {
      const { data, meta } = await request<InvitationView[]>('GET', '/admin/invitations', { query })
      return { entries: data, total: Number(meta['total'] ?? data.length) }
    },
  })
}

function useChange<Input, Output>(change: (input: Input) => Promise<Output>) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: change,
    gcTime: 0, // a link that opens an account is shown once and not remembered
    onSettled: () => queries.invalidateQueries({ queryKey: INVITATIONS_KEY }),
  })
}

export function useInvite() {
  return useChange(async (body: InvitationBody) => (await request<NewInvitation>('POST', '/admin/invitations', { body })).data)
}

/** Accounts that it opened stay. */
export function useRevokeInvitation() {
  return useChange(async (id: string) => {
    await request('DELETE', `/admin/invitations/${id}`)
  })
}
