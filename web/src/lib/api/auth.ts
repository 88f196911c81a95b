/** Signing in and out. */
import type { SignedIn } from '@/contracts/rest'
import { forgetCredentials, signIn } from '@/lib/credentials'

import { callApi } from './call'

export async function logIn(email: string, password: string): Promise<void> {
  const { data } = await callApi<SignedIn>('POST', '/auth/login', { body: { email, password } })
  signIn(data)
}

export async function register(email: string, password: string, nickname: string): Promise<void> {
  const { data } = await callApi<SignedIn>('POST', '/auth/register', { body: { email, password, nickname } })
  signIn(data)
}

/** Use the one-time code of a sign-in link. */
export async function redeemLink(code: string): Promise<void> {
  const { data } = await callApi<SignedIn>('POST', '/auth/link', { body: { code } })
  signIn(data)
}

export interface SignInProvider {
  readonly id: string
  readonly name: string
}

/** Where else people may sign in. */
export async function signInProviders(): Promise<readonly SignInProvider[]> {
  const { data } = await callApi<readonly SignInProvider[]>('GET', '/auth/providers')
  return data
}

/** Signed out here in any case; the server is told so that the cookie dies too. */
export async function logOut(): Promise<void> {
  try {
    await callApi('POST', '/auth/logout', { body: {} })
  } finally {
    forgetCredentials()
  }
}
