/** Signing in and out. */
import type { RegistrationRules, SignedIn } from '@/contracts/rest'
import { signIn } from '@/lib/credentials'
import { leave } from '@/lib/leaving'

import { ApiFailure, callApi } from './call'

/** Whoever has a second factor is not signed in yet: the challenge goes with a code to `secondStep`. Else null. */
export async function logIn(email: string, password: string): Promise<string | null> {
  try {
    const { data } = await callApi<SignedIn>('POST', '/auth/login', { body: { email, password } })
    signIn(data)
    return null
  } catch (failure) {
    if (failure instanceof ApiFailure && failure.code === 'SECOND_FACTOR_REQUIRED') return String(failure.details['challenge'])
    throw failure
  }
}

/** A code of the authenticator, or one for recovery. */
export async function secondStep(challenge: string, code: string): Promise<void> {
  const { data } = await callApi<SignedIn>('POST', '/auth/login/second-factor', { body: { challenge, code } })
  signIn(data)
}

export async function register(email: string, password: string, nickname: string, invitation: string | null): Promise<void> {
  const body = { email, password, nickname, invitation }
  const { data } = await callApi<SignedIn>('POST', '/auth/register', { body })
  signIn(data)
}

/** Whether anybody may open an account, whoever is invited, or nobody. */
export async function registrationMode(): Promise<RegistrationRules['mode']> {
  const { data } = await callApi<RegistrationRules>('GET', '/auth/registration')
  return data.mode
}

/** Use the one-time code of a sign-in link. */
export async function redeemLink(code: string): Promise<void> {
  const { data } = await callApi<SignedIn>('POST', '/auth/link', { body: { code } })
  signIn(data)
}

/** Ask for a link that sets a new password; the server's answer does not tell whether there is such an account. */
export async function forgotPassword(email: string): Promise<void> {
  await callApi('POST', '/auth/forgot-password', { body: { email } })
}

/** Set a new password by a mailed link; whoever is signed in as that person is signed out. */
export async function resetPassword(token: string, newPassword: string): Promise<void> {
  await callApi('POST', '/auth/reset-password', { body: { token, new_password: newPassword } })
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

/** Where to go and sign in, for whoever brings an invitation. */
export async function signInElsewhere(provider: string, invitation: string): Promise<string> {
  const { data } = await callApi<{ readonly url: string }>('POST', `/auth/oauth/${provider}`, { body: { invitation } })
  return data.url
}

/** Signed out here in any case; the server is told so that the cookie dies too. */
export async function logOut(): Promise<void> {
  try {
    await callApi('POST', '/auth/logout', { body: {} })
  } finally {
    leave()
  }
}
