/** The signed-in person's own account. */
import { useMutation } from '@tanstack/react-query'

import type { UserView } from '@/contracts/rest'
import { useAccount } from '@/lib/credentials'
import { leave } from '@/lib/leaving'

import { request } from './request'

export function useRename() {
  return useMutation({
    mutationFn: async (nickname: string) => (await request<UserView>('PUT', '/users/me', { body: { nickname } })).data,
    onSuccess: (user) => useAccount.setState({ state: 'signed-in', user }, true),
  })
}

export interface PasswordChange {
  /** Empty: the account has none yet. */
  readonly current: string
  readonly wanted: string
}

/** All other sign-ins end. */
export function useChangePassword() {
  return useMutation({
    gcTime: 0, // what went in is secret, and not remembered
    mutationFn: async ({ current, wanted }: PasswordChange) => {
      const body = { new_password: wanted, ...(current === '' ? {} : { current_password: current }) }
      await request('PUT', '/users/me/password', { body })
    },
  })
}

/** For good. `password` is empty for whoever has none; they must have signed in just now. */
export function useDeleteAccount() {
  return useMutation({
    gcTime: 0,
    mutationFn: async ({ password, code }: { readonly password: string; readonly code: string }) => {
      await request('DELETE', '/users/me', { body: { ...(password === '' ? {} : { password }), ...(code === '' ? {} : { code }) } })
    },
    onSuccess: leave,
  })
}
