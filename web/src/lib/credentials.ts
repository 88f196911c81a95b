/**
 * Who is signed in, and the access token: in memory only, so that nothing that can read storage can read it.
 *
 * The refresh token is an HttpOnly cookie that this page never sees. It is used once and replaced, so two tabs must not
 * use it at the same time: a lock shared by all tabs of this origin puts them in line.
 */
import { create } from 'zustand'

import type { SignedIn, UserView } from '@/contracts/rest'

import { ApiFailure, callApi } from './api/call'

/** Renew this long before the end, so that no request leaves with a token that dies on the way. */
const RENEW_BEFORE_MS = 30_000

export type Account =
  | { readonly state: 'unknown' }
  | { readonly state: 'signed-out' }
  | { readonly state: 'signed-in'; readonly user: UserView }

export const useAccount = create<Account>(() => ({ state: 'unknown' }))

/** Whoever may administer this installation; the server decides it again with every call. */
export function isAdministrator({ role }: UserView): boolean {
  return role === 'owner' || role === 'admin'
}

let token: string | null = null
let expiresAt = 0
let refreshing: Promise<string | null> | null = null

export function signIn(answer: SignedIn): void {
  token = answer.access_token
  expiresAt = Date.parse(answer.expires_at)
  useAccount.setState({ state: 'signed-in', user: answer.user }, true)
}

export function forgetCredentials(): void {
  token = null
  expiresAt = 0
  useAccount.setState({ state: 'signed-out' }, true)
}

/**
 * A token that is valid for a while; null if nobody is signed in.
 * `renew`: the server refused the present one. Throws `ApiFailure` if the server cannot be asked now.
 */
export async function accessToken(renew = false): Promise<string | null> {
  if (!renew && token !== null && Date.now() < expiresAt - RENEW_BEFORE_MS) return token
  if (useAccount.getState().state === 'signed-out') return null
  refreshing ??= oneTabAtATime(refresh).finally(() => {
    refreshing = null
  })
  return refreshing
}

async function refresh(): Promise<string | null> {
  try {
    const { data } = await callApi<SignedIn | null>('POST', '/auth/refresh', { body: {} })
    if (data === null) {
      forgetCredentials()
      return null
    }
    signIn(data)
    return data.access_token
  } catch (failure) {
    if (!(failure instanceof ApiFailure) || failure.category !== 'authentication') throw failure
    forgetCredentials()
    return null
  }
}

async function oneTabAtATime<T>(work: () => Promise<T>): Promise<T> {
  // Locks exist on secure origins only; elsewhere two tabs may sign each other out, which is harmless.
  if (!('locks' in navigator)) return work()
  return navigator.locks.request('palaver.refresh', work)
}
