/** Shapes of REST answers that the page reads; names as in `palaver.contracts`. Decimals arrive as strings. */
import type { PromptMode } from './frames'
import type { FailureBody } from './protocol'

export interface UserView {
  id: string
  email: string
  nickname: string
  avatar_url?: string | null
  role: string
}

export interface SignedIn {
  user: UserView
  access_token: string
  expires_at: string
}

export interface ModelCard {
  id: string
  provider: string
  display_name: string
  description: string
  window: number
  max_output: number
  input_price: string
  output_price: string
  capabilities?: { tools?: boolean; images?: boolean; reasoning?: boolean }
  needs_key: boolean
  availability?: 'ready' | 'degraded' | 'unavailable' | 'no_key'
  retry_at?: string | null
}

export interface ProviderCard {
  id: string
  display_name: string
  protocol: string
  host: string
  needs_key: boolean
}

export interface KeyView {
  id: string
  provider: string
  host: string
  label: string
  key_hint: string
  status: 'active' | 'invalid' | 'disabled'
  scope: 'personal' | 'shared'
  /** Whether it is ours to change. */
  editable: boolean
  created_at: string
  last_used_at?: string | null
  checked_at?: string | null
  check_code?: string | null
  /** A key under a passphrase is not used while it is locked. */
  protection: 'server' | 'passphrase'
  locked: boolean
}

export interface KeyDerivation {
  version: 1
  iterations: number
  salt: string
}

export interface PassphraseEnvelope {
  derivation: KeyDerivation
  nonce: string
  ciphertext: string
}

export interface LockState {
  derivation?: KeyDerivation | null
  unlocked_until?: string | null
}

export interface KeyVerdict {
  key_id: string
  valid: boolean
  code?: string | null
  message: string
  checked_at: string
}

/** A preset for members. Built-in ones belong to everybody and never change. */
export interface Persona {
  slug: string
  name: string
  description: string
  color: string | null
  system_prompt: string
  model: string | null
  built_in: boolean
}

export interface NewParticipant {
  model: string
  persona?: string
  name?: string
  color?: string
  system_prompt?: string
  muted?: boolean
}

export interface NewSession {
  title?: string
  prompt_mode: PromptMode
  system_prompt?: string
  participants: NewParticipant[]
}

/** One version of a summary of the oldest `entries` of a room. */
export interface SummaryView {
  id: string
  version: number
  entries: number
  text: string
  tokens: number
  /** The model that wrote it; null: a person did. */
  model_id: string | null
  /** The version that it goes on from, or edits. */
  made_from: string | null
  /** What it covers is still said just so; otherwise nobody reads it. */
  applies: boolean
  created_at: string
}

export type Envelope<T> =
  | { success: true; data: T; meta?: Record<string, unknown> }
  | { success: false; error: FailureBody }

/** The server's own limits (`palaver.contracts.limits`), used before it has told its settings. */
export const MAX_PARTICIPANTS = 10
export const MAX_PINNED_MESSAGES = 50
export const MAX_MESSAGE_CHARACTERS = 10_000
export const MAX_SUMMARY_CHARACTERS = 20_000
export const MAX_TITLE_CHARACTERS = 200
export const MAX_NAME_CHARACTERS = 80
export const MAX_PERSONA_DESCRIPTION_CHARACTERS = 200
export const MAX_SYSTEM_PROMPT_CHARACTERS = 20_000
export const MIN_PASSWORD_CHARACTERS = 10
