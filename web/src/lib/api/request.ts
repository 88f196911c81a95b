/** A call on behalf of the signed-in person; a token that has just died is renewed once. */
import { accessToken } from '@/lib/credentials'

import { type Answer, ApiFailure, type CallOptions, type Method, callApi } from './call'

const SIGNED_OUT = new ApiFailure({
  code: 'UNAUTHENTICATED',
  category: 'authentication',
  message: 'Nobody is signed in.',
  retryable: false,
})

export async function request<T>(method: Method, path: string, options: CallOptions = {}): Promise<Answer<T>> {
  const token = await accessToken()
  if (token === null) throw SIGNED_OUT
  try {
    return await callApi<T>(method, path, { ...options, token })
  } catch (failure) {
    if (!(failure instanceof ApiFailure) || !['TOKEN_EXPIRED', 'UNAUTHENTICATED'].includes(failure.code)) throw failure
    const renewed = await accessToken(true)
    if (renewed === null) throw failure
    return callApi<T>(method, path, { ...options, token: renewed })
  }
}
