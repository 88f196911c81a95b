/** The second proof beside the password. Secrets and codes go to whoever asked for them and are remembered nowhere. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import type { AuthenticatorSecret, FullProofBody, RecoveryCodes, SecondFactorState } from '@/contracts/rest'

import { request } from './request'

const PATH = '/users/me/second-factor'
const SECOND_FACTOR_KEY = ['second-factor'] as const

export function useSecondFactor() {
  return useQuery({ queryKey: SECOND_FACTOR_KEY, queryFn: async () => (await request<SecondFactorState>('GET', PATH)).data })
}

function useChange<Input, Output>(change: (input: Input) => Promise<Output>) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: change,
    gcTime: 0,
    onSettled: () => queries.invalidateQueries({ queryKey: SECOND_FACTOR_KEY }),
  })
}

/** What to tell the authenticator. Nothing changes before a code of it is confirmed. */
export function useBeginSecondFactor() {
  return useChange(async (password: string) => (await request<AuthenticatorSecret>('POST', PATH, { body: { password } })).data)
}

/** From now on signing in takes a code. The recovery codes are shown this once. */
export function useConfirmSecondFactor() {
  return useChange(async (code: string) => (await request<RecoveryCodes>('POST', `${PATH}/confirm`, { body: { code } })).data.codes)
}

/** In the place of those before; shown this once. */
export function useRenewRecoveryCodes() {
  return useChange(async (proof: FullProofBody) => {
    return (await request<RecoveryCodes>('POST', `${PATH}/recovery-codes`, { body: proof })).data.codes
  })
}

export function useDisableSecondFactor() {
  return useChange(async (proof: FullProofBody) => {
    await request('POST', `${PATH}/disable`, { body: proof })
  })
}
