/** Names of the page for shapes of the REST API, and what all its answers have in common. Decimals arrive as strings. */
import type { FailureBody } from './protocol'

export type * from './api'
export type { CreateSessionBody as NewSession, NewParticipantBody as NewParticipant, SignedInView as SignedIn } from './api'

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
export const MAX_NICKNAME_CHARACTERS = 80
export const MAX_KEY_LABEL_CHARACTERS = 80
export const MAX_KEY_WEIGHT = 100
export const MAX_PERSONA_DESCRIPTION_CHARACTERS = 200
export const MAX_SYSTEM_PROMPT_CHARACTERS = 20_000
export const INVITATION_DAYS = 7
export const MAX_INVITATION_DAYS = 90
export const MAX_INVITATION_USES = 1_000
export const MIN_PASSWORD_CHARACTERS = 10
