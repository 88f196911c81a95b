/** Where the person is signed in. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import type { OthersEnded, SignInView } from '@/contracts/rest'

import { request } from './request'

export const DEVICES_KEY = ['devices'] as const

export function useDevices() {
  return useQuery({ queryKey: DEVICES_KEY, queryFn: async () => (await request<SignInView[]>('GET', '/users/me/devices')).data })
}

/** End this sign-in, wherever it is: its connections are closed within a second. */
export function useEndSignIn() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async (id: string) => {
      await request('DELETE', `/users/me/devices/${id}`)
    },
    onSettled: () => queries.invalidateQueries({ queryKey: DEVICES_KEY }),
  })
}

/** End all sign-ins but this one; tells how many there were. */
export function useEndOtherSignIns() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async () => (await request<OthersEnded>('DELETE', '/users/me/devices')).data.ended,
    onSettled: () => queries.invalidateQueries({ queryKey: DEVICES_KEY }),
  })
}
