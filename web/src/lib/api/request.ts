/** A call on behalf of the signed-in person; a token that has just died is renewed once. */
import { accessToken } from '@/lib/credentials'

import { type Answer, ApiFailure, type CallOptions, type Method, callApi, callForFile } from './call'

const SIGNED_OUT = new ApiFailure({
  code: 'UNAUTHENTICATED',
  category: 'authentication',
  message: 'Nobody is signed in.',
  retryable: false,
})

export async function request<T>(method: Method, path: string, options: CallOptions = {}): Promise<Answer<T>> {
  return signedIn((token) => callApi<T>(method, path, { ...options, token }))
}

export async function download(path: string, query: CallOptions['query']): Promise<Blob> {
  return signedIn((token) => callForFile(path, { ...(query ? { query } : {}), token }))
}

async function signedIn<T>(call: (token: string) => Promise<T>): Promise<T> {
  const token = await accessToken()
  if (token === null) throw SIGNED_OUT
  try {
    return await call(token)
  } catch (failure) {
    if (!(failure instanceof ApiFailure) || !['TOKEN_EXPIRED', 'UNAUTHENTICATED'].includes(failure.code)) throw failure
    const renewed = await accessToken(true)
    if (renewed === null) throw failure
    return call(renewed)
  }
}
