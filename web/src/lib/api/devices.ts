/** Where the person is signed in. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import type { SignInView } from '@/contracts/rest'

import { request } from './request'

export const DEVICES_KEY = ['devices'] as const

export function useDevices() {
  return useQuery({ queryKey: DEVICES_KEY, queryFn: async () => (await request<SignInView[]>('GET', '/users/me/devices')).data })
}

/** End these sign-ins, wherever they are: their connections are closed within a second. */
export function useEndSignIns() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async (ids: readonly string[]) => {
      await Promise.all(ids.map((id) => request('DELETE', `/users/me/devices/${id}`)))
    },
    onSettled: () => queries.invalidateQueries({ queryKey: DEVICES_KEY }),
  })
}
