/**
 * Keys sealed under a passphrase before they leave this page, with the browser's own cryptography. The format is that of
 * `palaver.contracts.key_locks`; libs/contracts/vectors/passphrase.json has examples that the SDK is tested with, too.
 */
import type { KeyDerivation, PassphraseEnvelope } from '@/contracts/rest'

export const MIN_PASSPHRASE_CHARACTERS = 12
const ITERATIONS = 600_000
const HINT_CHARACTERS = 4
/** Of a shorter key, four characters would be too much of it. */
const MIN_HINTED_CHARACTERS = 12

/** Whose key it is, and where alone it may be used. */
export interface Place {
  readonly userId: string
  readonly provider: string
  readonly host: string
}

type Bytes = Uint8Array<ArrayBuffer>

/** Browsers offer cryptography to pages that came over HTTPS, or from this very machine. */
export function canProtect(): boolean {
  return globalThis.crypto?.subtle !== undefined
}

export function isLongEnough(passphrase: string): boolean {
  return [...passphrase.normalize('NFKC')].length >= MIN_PASSPHRASE_CHARACTERS
}

/** For somebody's first protected key. */
export function newDerivation(): KeyDerivation {
  return { version: 1, iterations: ITERATIONS, salt: toBase64Url(crypto.getRandomValues(new Uint8Array(16))) }
}

/** What a passphrase becomes: the wrapping key. Takes a moment, on purpose. */
export async function deriveKey(passphrase: string, { iterations, salt }: KeyDerivation): Promise<Bytes> {
  const words = new TextEncoder().encode(passphrase.normalize('NFKC'))
  const base = await crypto.subtle.importKey('raw', words, 'PBKDF2', false, ['deriveBits'])
  const how = { name: 'PBKDF2', hash: 'SHA-256', salt: fromBase64Url(salt), iterations }
  return new Uint8Array(await crypto.subtle.deriveBits(how, base, 256))
}

/** `nonce` is given by tests alone. */
export async function sealKey(
  secret: string,
  wrappingKey: Bytes,
  derivation: KeyDerivation,
  place: Place,
  nonce: Bytes = crypto.getRandomValues(new Uint8Array(12)),
): Promise<PassphraseEnvelope> {
  const key = await crypto.subtle.importKey('raw', wrappingKey, 'AES-GCM', false, ['encrypt'])
  const how = { name: 'AES-GCM', iv: nonce, additionalData: binding(place) }
  const ciphertext = await crypto.subtle.encrypt(how, key, new TextEncoder().encode(secret))
  return { derivation, nonce: toBase64Url(nonce), ciphertext: toBase64Url(new Uint8Array(ciphertext)) }
}

/** Rejects for another passphrase, another place and a changed envelope. */
export async function openKey(envelope: PassphraseEnvelope, wrappingKey: Bytes, place: Place): Promise<string> {
  const key = await crypto.subtle.importKey('raw', wrappingKey, 'AES-GCM', false, ['decrypt'])
  const how = { name: 'AES-GCM', iv: fromBase64Url(envelope.nonce), additionalData: binding(place) }
  return new TextDecoder().decode(await crypto.subtle.decrypt(how, key, fromBase64Url(envelope.ciphertext)))
}

/** The last characters of a key, by which people tell their keys apart. */
export function hintOf(secret: string): string {
  return secret.length >= MIN_HINTED_CHARACTERS ? secret.slice(-HINT_CHARACTERS) : ''
}

function binding({ userId, provider, host }: Place): Bytes {
  return new TextEncoder().encode(['palaver passphrase v1', userId, provider, host].join('\n'))
}

export function toBase64Url(bytes: Bytes): string {
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

export function fromBase64Url(text: string): Bytes {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0))
}
