/** Keys under a passphrase: sealed here, unlocked for this sign-in, locked again. The passphrase never leaves the page. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import type { KeyView, LockState } from '@/contracts/rest'
import { newId } from '@/lib/ids'
import { type Place, deriveKey, hintOf, newDerivation, sealKey, toBase64Url } from '@/lib/passphrase'

import { KEYS_KEY } from './keys'
import { request } from './request'

const LOCK_KEY = [...KEYS_KEY, 'lock'] as const
/** Another device may have locked or unlocked, and time goes by. */
const STALE_MS = 30_000

export function useKeyLock() {
  return useQuery({ queryKey: LOCK_KEY, queryFn: readLock, staleTime: STALE_MS, refetchInterval: STALE_MS })
}

async function readLock(): Promise<LockState> {
  return (await request<LockState>('GET', '/keys/lock')).data
}

async function unlock(wrappingKey: Uint8Array<ArrayBuffer>): Promise<LockState> {
  const body = { wrapping_key: toBase64Url(wrappingKey) }
  return (await request<LockState>('POST', '/keys/unlock', { body })).data
}

function useLockChange<Input, Output>(change: (input: Input) => Promise<Output>) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: change,
    gcTime: 0, // what went in is secret, and not remembered
    onSettled: () => queries.invalidateQueries({ queryKey: KEYS_KEY }),
  })
}

export interface NewProtectedKey extends Place {
  readonly label: string
  readonly apiKey: string
  readonly passphrase: string
}

/** Also unlocks: a key that was just added is there to be used, and other keys prove that the passphrase is theirs. */
export function useProtectKey() {
  return useLockChange(async ({ label, apiKey, passphrase, ...place }: NewProtectedKey) => {
    const { derivation: known } = await readLock()
    const derivation = known ?? newDerivation()
    const wrappingKey = await deriveKey(passphrase, derivation)
    try {
      if (known) await unlock(wrappingKey)
      const envelope = await sealKey(apiKey, wrappingKey, derivation, place)
      const body = { provider: place.provider, label, envelope, hint: hintOf(apiKey) }
      const stored = await request<KeyView>('POST', '/keys/protected', { body, idempotencyKey: newId() })
      if (!known) await unlock(wrappingKey)
      return stored.data
    } finally {
      wrappingKey.fill(0)
    }
  })
}

export function useUnlockKeys() {
  return useLockChange(async (passphrase: string) => {
    const { derivation } = await readLock()
    if (!derivation) return
    const wrappingKey = await deriveKey(passphrase, derivation)
    try {
      await unlock(wrappingKey)
    } finally {
      wrappingKey.fill(0)
    }
  })
}

export function useLockKeys() {
  return useLockChange(async () => {
    await request<LockState>('POST', '/keys/lock', { body: {} })
  })
}
