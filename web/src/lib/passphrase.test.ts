import { describe, expect, test } from 'vitest'

import shared from '../../../libs/contracts/vectors/passphrase.json'

import {
  deriveKey,
  fromBase64Url,
  hintOf,
  isLongEnough,
  newDerivation,
  openKey,
  sealKey,
  toBase64Url,
} from './passphrase'

const DERIVATION = newDerivation()
const KEY = new Uint8Array(32)
const PLACE = { userId: 'ada', provider: 'openai', host: 'api.openai.com' }

describe.each(shared.vectors)('shared vector: $name', (vector) => {
  test('is made and opened', async () => {
    const derivation = { ...vector.envelope.derivation, version: 1 as const }
    const envelope = { ...vector.envelope, derivation }
    const place = { userId: vector.user_id, provider: vector.provider, host: vector.host }
    const key = await deriveKey(vector.passphrase, derivation)
    expect(toBase64Url(key)).toBe(vector.wrapping_key)
    expect(await sealKey(vector.secret, key, derivation, place, fromBase64Url(envelope.nonce))).toEqual(envelope)
    expect(await openKey(envelope, key, place)).toBe(vector.secret)
  }, 30_000)
})

test('an envelope opens for no other person, provider, host or passphrase, and not once changed', async () => {
  const envelope = await sealKey('sk-secret', KEY, DERIVATION, PLACE)
  expect(await openKey(envelope, KEY, PLACE)).toBe('sk-secret')
  const raw = fromBase64Url(envelope.ciphertext)
  raw[0] = (raw[0] ?? 0) ^ 1
  const attempts = [
    () => openKey(envelope, KEY, { ...PLACE, userId: 'bob' }),
    () => openKey(envelope, KEY, { ...PLACE, provider: 'anthropic' }),
    () => openKey(envelope, KEY, { ...PLACE, host: 'evil.example' }),
    () => openKey(envelope, new Uint8Array(32).fill(1), PLACE),
    () => openKey({ ...envelope, ciphertext: toBase64Url(raw) }, KEY, PLACE),
  ]
  for (const attempt of attempts) await expect(attempt()).rejects.toHaveProperty('name', 'OperationError')
})

test('salts and nonces are never used twice', async () => {
  expect(newDerivation().salt).not.toBe(newDerivation().salt)
  const [one, two] = [await sealKey('sk', KEY, DERIVATION, PLACE), await sealKey('sk', KEY, DERIVATION, PLACE)]
  expect(one.nonce).not.toBe(two.nonce)
})

test('characters are counted as people count them, and a hint is only given of long keys', () => {
  expect(isLongEnough('eleven char')).toBe(false)
  expect(isLongEnough('十二个字的口令已经足够长了')).toBe(true)
  expect(isLongEnough('🔑'.repeat(6))).toBe(false)
  expect([hintOf('sk-test-WXYZ'), hintOf('short-WXYZ')]).toEqual(['WXYZ', ''])
})
