/** One HTTP call to `/api/v1`: the envelope opened, every failure as `ApiFailure`. Knows nothing of who is signed in. */
import type { Category, FailureBody } from '@/contracts/protocol'
import type { Envelope } from '@/contracts/rest'

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

export interface CallOptions {
  readonly body?: unknown
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  readonly token?: string
  readonly idempotencyKey?: string
}

export interface Answer<T> {
  readonly data: T
  readonly meta: Readonly<Record<string, unknown>>
}

/** Codes that only this side can give: the server was not reached, or what answered was not our server. */
const UNREACHABLE = 'UNREACHABLE'
const NOT_UNDERSTOOD = 'NOT_UNDERSTOOD'

export class ApiFailure extends Error {
  readonly code: string
  readonly category: Category
  readonly retryable: boolean
  readonly details: Readonly<Record<string, unknown>>

  constructor(body: Pick<FailureBody, 'category' | 'message' | 'retryable'> & { code: string; details?: FailureBody['details'] }) {
    super(body.message)
    this.name = 'ApiFailure'
    this.code = body.code
    this.category = body.category
    this.retryable = body.retryable
    this.details = body.details ?? {}
  }
}

export async function callApi<T>(method: Method, path: string, options: CallOptions = {}): Promise<Answer<T>> {
  const response = await reach(method, path, options)
  if (response.status === 204) return { data: undefined as T, meta: {} }
  const envelope = await understood<T>(response)
  if (!envelope.success) throw new ApiFailure(envelope.error)
  return { data: envelope.data, meta: envelope.meta ?? {} }
}

/** A file instead of an envelope; who may not have it is told so by one. */
export async function callForFile(path: string, options: CallOptions): Promise<Blob> {
  const response = await reach('GET', path, options)
  if (response.ok) return response.blob()
  const envelope = await understood<never>(response)
  throw envelope.success ? new Error('A refusal says that it is none.') : new ApiFailure(envelope.error)
}

async function reach(method: Method, path: string, options: CallOptions): Promise<Response> {
  try {
    return await fetch(`/api/v1${path}${queryString(options.query)}`, {
      method,
      headers: headersOf(options),
      credentials: 'same-origin',
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    })
  } catch {
    throw new ApiFailure({ code: UNREACHABLE, category: 'network', message: 'The server was not reached.', retryable: true })
  }
}

async function understood<T>(response: Response): Promise<Envelope<T>> {
  const parsed: unknown = await response.json().catch(() => null)
  if (typeof parsed === 'object' && parsed !== null && 'success' in parsed) return parsed as Envelope<T>
  throw new ApiFailure({
    code: NOT_UNDERSTOOD,
    category: response.status >= 500 ? 'system' : 'business',
    message: `The server answered ${response.status} without saying why.`,
    retryable: response.status >= 500,
  })
}

function headersOf({ body, token, idempotencyKey }: CallOptions): Headers {
  const headers = new Headers({ Accept: 'application/json', 'Accept-Language': document.documentElement.lang })
  if (body !== undefined) headers.set('Content-Type', 'application/json')
  if (token !== undefined) headers.set('Authorization', `Bearer ${token}`)
  if (idempotencyKey !== undefined) headers.set('Idempotency-Key', idempotencyKey)
  return headers
}

function queryString(query: CallOptions['query']): string {
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== undefined)
  return given.length === 0 ? '' : `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()}`
}
