/**
 * The bodies and answers of the REST API, without their envelopes, generated from docs/openapi.json by `npm run contracts`.
 * Do not edit: change the contracts and generate again.
 */

/**
 * Who must act: the network, the caller's credentials, the caller's request, or us.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "Category".
 */
export type Category = 'network' | 'authentication' | 'business' | 'system'
/**
 * What a person may do to the installation.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "Role".
 */
export type Role = 'owner' | 'admin' | 'member'
/**
 * Stable codes. Add at the end of a group, never rename.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "ErrorCode".
 */
export type ErrorCode =
  | 'UNAUTHENTICATED'
  | 'TOKEN_EXPIRED'
  | 'INVALID_CREDENTIALS'
  | 'REFRESH_REUSED'
  | 'FORBIDDEN'
  | 'ORIGIN_NOT_ALLOWED'
  | 'SIGN_IN_ENDED'
  | 'RESET_LINK_INVALID'
  | 'SECOND_FACTOR_REQUIRED'
  | 'SECOND_FACTOR_INVALID'
  | 'SIGN_IN_TOO_OLD'
  | 'OAUTH_FAILED'
  | 'VALIDATION_FAILED'
  | 'UNKNOWN_TYPE'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'EMAIL_TAKEN'
  | 'REGISTRATION_CLOSED'
  | 'SESSION_NOT_FOUND'
  | 'SESSION_ARCHIVED'
  | 'NOT_ATTACHED'
  | 'NO_ACTIVE_PARTICIPANT'
  | 'TOO_MANY_PARTICIPANTS'
  | 'TOO_MANY_SESSIONS'
  | 'TOO_MANY_CONNECTIONS'
  | 'MESSAGE_TOO_LONG'
  | 'FRAME_TOO_LARGE'
  | 'MODEL_NOT_FOUND'
  | 'RATE_LIMITED'
  | 'QUOTA_EXCEEDED'
  | 'CONTEXT_OVERFLOW'
  | 'TOO_MANY_PINNED'
  | 'TOO_MANY_PERSONAS'
  | 'PERSONA_NOT_FOUND'
  | 'MAIL_NOT_CONFIGURED'
  | 'LAST_OWNER'
  | 'INVITATION_REQUIRED'
  | 'INVITATION_INVALID'
  | 'KEY_MISSING'
  | 'KEY_INVALID'
  | 'KEY_LOCKED'
  | 'PASSPHRASE_WRONG'
  | 'KEY_QUOTA_EXCEEDED'
  | 'PROVIDER_REFUSED'
  | 'PROVIDER_QUOTA'
  | 'PROVIDER_RATE_LIMITED'
  | 'PROVIDER_UNAVAILABLE'
  | 'PROVIDER_TIMEOUT'
  | 'PROVIDER_STREAM_BROKEN'
  | 'STOPPED'
  | 'INTERRUPTED'
  | 'TIMEOUT'
  | 'SERVICE_UNAVAILABLE'
  | 'INTERNAL'

export interface RestApi {}
/**
 * The message is on its way; the session's event `message.posted` says that it is stored.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "AcceptedView".
 */
export interface AcceptedView {
  session_id: string
  client_message_id: string
}
/**
 * How a model is wished to answer; what is None is left to its provider.
 *
 * What the model's provider would refuse is brought into its bounds, or left out; `max_output_tokens` is at most what
 * the model's window keeps free for an answer.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "AnswerSettings".
 */
export interface AnswerSettings {
  temperature?: number | null
  top_p?: number | null
  max_output_tokens?: number | null
}
/**
 * An entry, and the service that reported it.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "AuditEntry".
 */
export interface AuditEntry {
  event_id: string
  at: string
  actor_id: string | null
  action: string
  target_kind: string
  target_id: string
  outcome: 'done' | 'refused'
  address: string | null
  device: string | null
  sign_in: string | null
  details: {
    [k: string]: string
  }
  service: string
}
/**
 * A part of the trail.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "AuditList".
 */
export interface AuditList {
  success: true
  data: AuditEntry[]
  meta: AuditMeta
}
/**
 * How the list goes on: give `next_cursor` as `cursor`; null at the end.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "AuditMeta".
 */
export interface AuditMeta {
  limit: number
  next_cursor: string | null
}
/**
 * Who did what to what, from where. Never conversation text, never a secret. `event_id` makes it idempotent.
 *
 * `sign_in`: by which of the actor's sign-ins, where it was done by one.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "AuditRecorded".
 */
export interface AuditRecorded {
  event_id: string
  at: string
  actor_id: string | null
  action: string
  target_kind: string
  target_id: string
  outcome: 'done' | 'refused'
  address: string | null
  device: string | null
  sign_in: string | null
  details: {
    [k: string]: string
  }
}
/**
 * Inside `Sealed`: what an authenticator is told; `uri` (otpauth://) is the same, for a QR code.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "AuthenticatorSecret".
 */
export interface AuthenticatorSecret {
  secret: string
  uri: string
}
/**
 * Which branch is to be shown.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "BranchBody".
 */
export interface BranchBody {
  branch: string
}
/**
 * What a model can do. Without a `temperature` it refuses that parameter, or takes its default only.
 *
 * `top_p`: whether it takes that one: `alone` means not beside a temperature, `no` not at all.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "Capabilities".
 */
export interface Capabilities {
  tools?: boolean
  images?: boolean
  reasoning?: boolean
  temperature?: TemperatureRange | null
  top_p?: 'yes' | 'alone' | 'no'
}
/**
 * The temperatures that a model takes, both ends included.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "TemperatureRange".
 */
export interface TemperatureRange {
  minimum?: number
  maximum?: number
}
/**
 * What is given is changed. An empty `quota` lifts all limits.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "ChangeKeyBody".
 */
export interface ChangeKeyBody {
  label?: string | null
  weight?: number | null
  order?: number | null
  roles?: Role[] | null
  quota?: KeyQuotaInput | null
}
/**
 * What a key may be used for in a day and in a month of UTC, in provider calls and in US dollars; None: no limit.
 *
 * A call counts once it is over, so that those under way together may go beyond.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "KeyQuota-Input".
 */
export interface KeyQuotaInput {
  calls_per_day?: number | null
  calls_per_month?: number | null
  dollars_per_day?: number | string | null
  dollars_per_month?: number | string | null
}
/**
 * A code of the authenticator.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "CodeBody".
 */
export interface CodeBody {
  code: string
}
/**
 * How full the model's window was when it answered, in tokens.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "ContextFill".
 */
export interface ContextFill {
  used: number
  maximum: number
}
/**
 * The meters of a room.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "ContextUsage".
 */
export interface ContextUsage {
  session: SessionUsage
  participants: ParticipantUsage[]
}
/**
 * The shared conversation, counted with one named tokenizer.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "SessionUsage".
 */
export interface SessionUsage {
  tokens: number
  messages: number
  tokenizer: string
}
/**
 * What one participant's next request would contain, in that model's tokens.
 *
 * `left_out` entries are not seen by this model. `unseen` are the newest of them, in order; a notice does not list
 * them. `unseen_pinned` are those of them that are pinned and for which its window has no room.
 * `summary` stands in the request for some of the entries that are left out: for the share `summarised` (0 to 1) of
 * the conversation's tokens.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "ParticipantUsage".
 */
export interface ParticipantUsage {
  id: string
  used: number
  maximum: number
  reserve: number
  summarised: number
  left_out: number
  unseen: string[]
  unseen_pinned: string[]
  summary: SeenSummary | null
}
/**
 * A summary that stands in a participant's request for the oldest `entries`.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "SeenSummary".
 */
export interface SeenSummary {
  id: string
  version: number
  entries: number
}
/**
 * The last entry that a summary covers.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "Covered".
 */
export interface Covered {
  branch: string
  round: number
  step: number
}
/**
 * A new room. `model_id` alone is short for one participant in mode `single`.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "CreateSessionBody".
 */
export interface CreateSessionBody {
  title?: string
  mode?: string | null
  prompt_mode?: 'unified' | 'individual'
  system_prompt?: string | null
  /**
   * @maxItems 10
   */
  participants?: NewParticipantBody[]
  model_id?: string | null
}
/**
 * A seat to be taken. Without a name it is called like its model.
 *
 * `persona`: what is not given here is taken from this preset; without one a `model` must be given.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "NewParticipantBody".
 */
export interface NewParticipantBody {
  model?: string | null
  persona?: string | null
  name?: string | null
  color?: string | null
  system_prompt?: string | null
  muted?: boolean
  settings?: AnswerSettings
}
/**
 * How a list goes on: give `next_cursor` as `before`; null at the end.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "CursorMeta".
 */
export interface CursorMeta {
  limit: number
  next_cursor: number | null
}
/**
 * One day, UTC.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "DayTotal".
 */
export interface DayTotal {
  day: string
  requests: number
  tokens_input: number
  tokens_output: number
  cost: string
}
/**
 * Your password, if you have one, and a code, if it has a second factor. Without a password you must have signed in
 * within the last minutes.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "DeletionBody".
 */
export interface DeletionBody {
  password?: string | null
  code?: string | null
}
/**
 * A model by the provider's name for it. `model_ids`: under which it is in the catalogue already.
 *
 * What the provider tells goes before what the catalogue knows (`from_catalogue`); what neither knows is `unknown`,
 * and to be found out before the model is registered. `longest_window` is what the model could read if its server
 * let it; its server may be set to less. Prices are US dollars per 1,000 tokens.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "DiscoveredModel".
 */
export interface DiscoveredModel {
  upstream: string
  display_name: string | null
  model_ids: string[]
  window: number | null
  longest_window: number | null
  max_output: number | null
  input_price: string | null
  output_price: string | null
  from_catalogue: ('window' | 'max_output' | 'input_price' | 'output_price')[]
  unknown: ('window' | 'max_output' | 'input_price' | 'output_price')[]
}
/**
 * In the provider's order; `complete` is false where there were more than are shown.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "DiscoveredModels".
 */
export interface DiscoveredModels {
  provider: string
  models: DiscoveredModel[]
  complete: boolean
}
/**
 * The message in other words. With a `client_message_id`, repeating it changes nothing.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "EditBody".
 */
export interface EditBody {
  content: string
  client_message_id?: string | null
}
/**
 * What the summary shall say.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "EditSummaryBody".
 */
export interface EditSummaryBody {
  text: string
}
/**
 * Which message stands in its place now, and on which branch.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "EditedMessage".
 */
export interface EditedMessage {
  message_id: string
  branch: string
}
/**
 * What went wrong, for programs (`code`, `retryable`) and for people (`message`, in their language).
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "ErrorBody".
 */
export interface ErrorBody {
  code: ErrorCode
  category: Category
  message: string
  retryable: boolean
  details: {
    [k: string]: unknown
  }
}
/**
 * It did not work.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "ErrorEnvelope".
 */
export interface ErrorEnvelope {
  success: false
  error: ErrorBody
}
/**
 * A turn on the newest page that ended without text.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "FailedTurnItem".
 */
export interface FailedTurnItem {
  kind: 'failed'
  turn: TurnRef
  error: FailureBody
}
/**
 * Which answer is meant: carried by every `turn.*` and `reply.*` entry.
 *
 * `(branch, round, step)` orders conversations; `seq` never does. `version` counts regenerated answers from 1.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "TurnRef".
 */
export interface TurnRef {
  turn_id: string
  reply_id: string
  participant_id: string
  model: string
  branch: string
  round: number
  step: number
  speaker: string
  version: number
}
/**
 * A failure on the wire. `message` is a human sentence without secrets and without conversation text.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "FailureBody".
 */
export interface FailureBody {
  code: ErrorCode
  category: Category
  message: string
  retryable: boolean
  details: {
    [k: string]: unknown
  }
}
/**
 * What the room's person thinks of one version of an answer: 1 is good, -1 is bad.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "Feedback".
 */
export interface Feedback {
  rating: -1 | 1
  comment: string
}
/**
 * 1 is good, -1 is bad, null takes it back. Without a `version` the shown one is meant.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "FeedbackBody".
 */
export interface FeedbackBody {
  rating: (-1 | 1) | null
  comment?: string
  version?: number | null
}
/**
 * The account's e-mail address.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "ForgotBody".
 */
export interface ForgotBody {
  email: string
}
/**
 * A type of client frame and what it does.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "FrameHandler".
 */
export interface FrameHandler {
  type: string
  description: string
}
/**
 * Your password and a code.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "FullProofBody".
 */
export interface FullProofBody {
  password: string
  code: string
}
/**
 * What a provider's message format allows; facts, so that no code asks for a model's name.
 *
 * `system`: where the system prompt goes: as first message, as a field of its own, or nowhere (put into the first
 * user message); `system_role` is the role of that first message. `alternation`: user and assistant must alternate.
 * `starts_with_user`, `ends_with_user` as they say: what ends with the assistant's words is refused, or continued
 * (`prefill`) where an answer was wanted. `names`: a message may carry its author's name (never relied on).
 * `empty_text`: a message without text is accepted.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "Grammar".
 */
export interface Grammar {
  system?: 'message' | 'field' | 'none'
  system_role?: 'system' | 'developer'
  alternation?: boolean
  starts_with_user?: boolean
  ends_with_user?: boolean
  prefill?: boolean
  names?: boolean
  empty_text?: boolean
}
/**
 * Clients of all gateways.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "InAll".
 */
export interface InAll {
  connections: number
  gateways: number
}
/**
 * Whom to invite. With an `email` it is for that address alone, works once, and is mailed where mail is set up.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "InvitationBody".
 */
export interface InvitationBody {
  email?: string | null
  role?: 'member' | 'admin'
  uses?: number
  /**
   * Until it ends.
   */
  days?: number
  /**
   * Of the mail.
   */
  language?: 'en' | 'zh'
}
/**
 * An invitation without its code. With an `email` it is for that address alone. `state`: whether somebody could
 * still use it, and if not, why.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "InvitationView".
 */
export interface InvitationView {
  id: string
  email: string | null
  role: 'member' | 'admin'
  uses: number
  used: number
  state: 'open' | 'used' | 'expired' | 'revoked'
  created_by: string
  created_at: string
  expires_at: string
}
/**
 * The code of an invitation, for who has no account yet.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "InvitedBody".
 */
export interface InvitedBody {
  invitation: string
}
/**
 * RFC 7517; not enveloped, for it is read by JWT libraries.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "JwksView".
 */
export interface JwksView {
  keys: {
    [k: string]: unknown
  }[]
}
/**
 * A day of UTC on which the key was used.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "KeyDay".
 */
export interface KeyDay {
  calls: number
  failed: number
  tokens_input: number
  tokens_output: number
  cost: string
  day: string
}
/**
 * How a person's passphrase becomes their wrapping key. All their protected keys share it.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "KeyDerivation".
 */
export interface KeyDerivation {
  version?: 1
  iterations: number
  salt: string
}
/**
 * What a key may be used for in a day and in a month of UTC, in provider calls and in US dollars; None: no limit.
 *
 * A call counts once it is over, so that those under way together may go beyond.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "KeyQuota-Output".
 */
export interface KeyQuotaOutput {
  calls_per_day: number | null
  calls_per_month: number | null
  dollars_per_day: string | null
  dollars_per_month: string | null
}
/**
 * What was unusual about a day; see `client_protocol.KeyUnusualData`.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "KeyUnusual".
 */
export interface KeyUnusual {
  day: string
  rule: 'calls' | 'dollars' | 'failures' | 'silence'
  amount: string
  usual: string
}
/**
 * Newest day first; days without a call are left out.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "KeyUsage".
 */
export interface KeyUsage {
  key_id: string
  quota: KeyQuotaOutput
  today: KeyUse
  month: KeyUse
  days: KeyDay[]
  unusual: KeyUnusual[]
}
/**
 * Provider calls with a key, and what they took.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "KeyUse".
 */
export interface KeyUse {
  calls: number
  failed: number
  tokens_input: number
  tokens_output: number
  cost: string
}
/**
 * What the provider said.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "KeyVerdict".
 */
export interface KeyVerdict {
  key_id: string
  valid: boolean
  code: ErrorCode | null
  message: string
  checked_at: string
}
/**
 * A key as people see it: never the key itself.
 *
 * `key_hint` is its last four characters, empty for who may only use it. `enabled` is its keeper's wish, `status` what
 * comes of that and of its provider's verdict. Keys of the lowest `order` are used first; `weight` is a key's share
 * among equals. `roles` may use a shared key; `editable` says whether the actor keeps it. A key that a passphrase
 * protects is not used while it is `locked`.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "KeyView".
 */
export interface KeyView {
  id: string
  provider: string
  host: string
  label: string
  key_hint: string
  status: 'active' | 'invalid' | 'disabled'
  created_at: string
  last_used_at: string | null
  checked_at: string | null
  check_code: ErrorCode | null
  enabled: boolean
  weight: number
  order: number
  scope: 'personal' | 'shared'
  roles: Role[]
  editable: boolean
  quota: KeyQuotaOutput
  quota_used_up: boolean
  protection: 'server' | 'passphrase'
  locked: boolean
}
/**
 * `setting` is the variable that decides, in the environment of `service`, and `value` what is in force there.
 * Without them it is a default that services start from, or fixed.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "Limit".
 */
export interface Limit {
  name: string
  value: number
  setting: string | null
  service: string | null
}
/**
 * All of them.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "Limits".
 */
export interface Limits {
  success: true
  data: Limit[]
  meta: LimitsMeta
}
/**
 * Services that did not answer; their numbers are missing.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "LimitsMeta".
 */
export interface LimitsMeta {
  unanswered: string[]
}
/**
 * The code of a one-time sign-in link.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "LinkBody".
 */
export interface LinkBody {
  code: string
}
/**
 * `derivation` is None for who has no protected key; `unlocked_until` is None while they are locked.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "LockState".
 */
export interface LockState {
  derivation: KeyDerivation | null
  unlocked_until: string | null
}
/**
 * E-mail and password.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "LogInBody".
 */
export interface LogInBody {
  email: string
  password: string
}
/**
 * A model as people choose it. Prices are US dollars per 1,000 tokens.
 *
 * `availability` is that of the asking person's keys; without a person, that of the provider. `retry_at` is when what
 * is left alone is tried again, unless somebody has to change something.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "ModelCard".
 */
export interface ModelCard {
  id: string
  provider: string
  display_name: string
  description: string
  window: number
  max_output: number
  input_price: string
  output_price: string
  capabilities: Capabilities
  needs_key: boolean
  profile: ModelProfile
  cached_input_price: string | null
  source: 'built_in' | 'operator' | 'admin'
  availability: 'ready' | 'degraded' | 'unavailable' | 'no_key'
  retry_at: string | null
}
/**
 * What context must know to fit a conversation: all counts in tokens of `tokenizer`.
 *
 * `reserve` is kept free for the answer; `message_overhead` is what the format adds to each message.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "ModelProfile".
 */
export interface ModelProfile {
  model_id: string
  window: number
  reserve: number
  tokenizer: string
  message_overhead: number
  grammar: Grammar
  cache: PromptCache
}
/**
 * How a provider reuses the beginning of a prompt that it has seen before; all figures in its own tokens.
 *
 * `prefix`: by itself, from `min_tokens` on, in steps of `block_tokens`. `markers`: only up to marks in the request,
 * at most `max_markers` of them. `none`: never, or unknown.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "PromptCache".
 */
export interface PromptCache {
  kind?: 'none' | 'prefix' | 'markers'
  min_tokens?: number
  block_tokens?: number
  max_markers?: number
}
/**
 * A person's settings of a model, in the names and with the defaults that the field's clients expect.
 *
 * Only what is `chosen` is asked of the provider; the other figures are what clients show before anybody chose.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "ModelConfig".
 */
export interface ModelConfig {
  model_id: string
  temperature: number
  max_tokens: number
  top_p: number
  chosen: ('temperature' | 'max_tokens' | 'top_p')[]
}
/**
 * What is None is left to the model's provider.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "ModelConfigBody".
 */
export interface ModelConfigBody {
  temperature?: number | null
  max_tokens?: number | null
  top_p?: number | null
}
/**
 * What is known about a model; what is left out is its provider's, or the careful choice.
 *
 * `upstream` is the provider's own name for it, `reserve` what of the window is kept for an answer.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "ModelFacts".
 */
export interface ModelFacts {
  provider: string
  upstream?: string | null
  display_name?: string | null
  description?: string
  window: number
  max_output: number
  reserve?: number | null
  tokenizer?: string | null
  input_price: number | string
  output_price: number | string
  cached_input_price?: number | string | null
  cache_write_price?: number | string | null
  capabilities?: Capabilities
  grammar?: Grammar | null
  cache?: PromptCache | null
}
/**
 * What one model did in the period.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "ModelShare".
 */
export interface ModelShare {
  model_id: string
  requests: number
  tokens_input: number
  tokens_output: number
  cost: string
}
/**
 * The invitation with its `code`, and the `url` of the page with it, which are never shown again.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "NewInvitation".
 */
export interface NewInvitation {
  id: string
  email: string | null
  role: 'member' | 'admin'
  uses: number
  used: number
  state: 'open' | 'used' | 'expired' | 'revoked'
  created_by: string
  created_at: string
  expires_at: string
  code: string
  url: string
  /**
   * Whether a mail to the address is on its way.
   */
  mailed: boolean
}
/**
 * A key for one of the providers of the catalogue; it is used at that provider's host only.
 *
 * Keys of the lowest `order` are used first, and share the calls by `weight`. A `shared` key is for people of `roles`,
 * or for all if none are given; only administrators add one.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "NewKeyBody".
 */
export interface NewKeyBody {
  provider: string
  api_key: string
  label?: string
  scope?: 'personal' | 'shared'
  /**
   * @maxItems 3
   */
  roles?: Role[]
  weight?: number
  order?: number
  quota?: KeyQuotaInput
}
/**
 * A model of a provider, under an id of its own. Prices are US dollars per 1,000 tokens.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "NewModelBody".
 */
export interface NewModelBody {
  provider: string
  upstream?: string | null
  display_name?: string | null
  description?: string
  window: number
  max_output: number
  reserve?: number | null
  tokenizer?: string | null
  input_price: number | string
  output_price: number | string
  cached_input_price?: number | string | null
  cache_write_price?: number | string | null
  capabilities?: Capabilities
  grammar?: Grammar | null
  cache?: PromptCache | null
  id: string
}
/**
 * A preset. Without a `slug` one is made from the name; with a `model` it brings that model along.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "NewPersonaBody".
 */
export interface NewPersonaBody {
  slug?: string | null
  name: string
  description?: string
  color?: string | null
  system_prompt?: string
  model?: string | null
}
/**
 * A provider under an id of its own. With a `preset`, only what differs from that provider need be said.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "NewProviderBody".
 */
export interface NewProviderBody {
  preset?: string | null
  display_name?: string | null
  protocol?: string | null
  base_url?: string | null
  needs_key?: boolean | null
  output_limit?: ('max_tokens' | 'max_completion_tokens') | null
  reports_usage?: boolean | null
  tokenizer?: string | null
  grammar?: Grammar | null
  cache?: PromptCache | null
  listing?: ('plain' | 'ollama') | null
  id: string
}
/**
 * The link with its `token`, which is never shown again, and the `path` of the page with it.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "NewShare".
 */
export interface NewShare {
  id: string
  session_id: string
  title: string
  messages: number
  prompts: boolean
  created_at: string
  expires_at: string | null
  token: string
  path: string
}
/**
 * Where people may come from. `name` is shown to them.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "OAuthProvider".
 */
export interface OAuthProvider {
  id: string
  name: string
}
/**
 * How many sign-ins there were beside yours.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "OthersEnded".
 */
export interface OthersEnded {
  ended: number
}
/**
 * Totals, by model (most expensive first) and by day (oldest first). `estimated` counts flagged facts.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "Overview".
 */
export interface Overview {
  period: string
  start_date: string | null
  end_date: string
  requests: number
  tokens_input: number
  tokens_output: number
  cost: string
  estimated: number
  models: ModelShare[]
  days: DayTotal[]
}
/**
 * Where a numbered page stands.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "PageMeta".
 */
export interface PageMeta {
  page: number
  limit: number
  total: number
}
/**
 * A model's seat in a room. One model may hold two seats: identity is the participant, never the model.
 *
 * `persona` is the slug of the preset that it was made from, which may have changed or gone since.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "Participant".
 */
export interface Participant {
  id: string
  model_id: string
  name: string
  color: string
  system_prompt: string | null
  muted: boolean
  position: number
  persona: string | null
  settings: AnswerSettings
}
/**
 * A provider key that only its owner's passphrase opens. Texts are unpadded base64url.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "PassphraseEnvelope".
 */
export interface PassphraseEnvelope {
  derivation: KeyDerivation
  nonce: string
  ciphertext: string
}
/**
 * `current_password` may be left out only by whoever has none, and has just signed in.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "PasswordBody".
 */
export interface PasswordBody {
  current_password?: string | null
  new_password: string
}
/**
 * Your password once more.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "PasswordProofBody".
 */
export interface PasswordProofBody {
  password: string
}
/**
 * What is given is changed. Who is suspended is signed out everywhere, and what runs for them stops.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "PersonBody".
 */
export interface PersonBody {
  role?: Role | null
  status?: ('active' | 'suspended') | null
}
/**
 * A person as administrators see them. `last_seen_at`: when one of their sign-ins was last renewed;
 * `second_factor`: whether their password needs a second proof.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "PersonView".
 */
export interface PersonView {
  id: string
  email: string
  nickname: string
  avatar_url: string | null
  role: Role
  status: 'active' | 'suspended' | 'deleted'
  created_at: string
  last_seen_at: string | null
  second_factor: boolean
}
/**
 * A preset. `built_in` ones belong to everybody and never change; they have no times.
 *
 * A participant that is made from it gets a copy: changing the persona changes no room.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "Persona".
 */
export interface Persona {
  slug: string
  name: string
  description: string
  color: string | null
  system_prompt: string
  model: string | null
  built_in: boolean
  created_at: string | null
  updated_at: string | null
}
/**
 * As the WebSocket's `post`. Without a `client_message_id` the server makes one: then repeating posts again.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "PostBody".
 */
export interface PostBody {
  session_id: string
  client_message_id?: string | null
  content: string | TextPart[]
  to?: string[] | null
  options?: PostOptions
  metadata?: {
    [k: string]: string | number | boolean | null
  }
}
/**
 * A piece of plain text.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "TextPart".
 */
export interface TextPart {
  type?: 'text'
  text: string
}
/**
 * Wishes for the answers to one message.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "PostOptions".
 */
export interface PostOptions {
  model_id?: string | null
  stream?: boolean
}
/**
 * What a person set. None leaves it to their device.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "Preferences".
 */
export interface Preferences {
  language?: ('en' | 'zh') | null
  theme?: ('light' | 'dark') | null
  font_size?: 'small' | 'medium' | 'large'
  send_key?: 'enter' | 'mod-enter'
  room_view?: 'transcript' | 'columns'
}
/**
 * What is given is changed.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "ProfileBody".
 */
export interface ProfileBody {
  nickname?: string | null
  avatar_url?: string | null
}
/**
 * A key in an envelope that your passphrase opens. `hint` are the last characters of the key, if it is long.
 *
 * All your protected keys share the `derivation` that `GET /keys/lock` says; for the first one, choose a salt.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "ProtectedKeyBody".
 */
export interface ProtectedKeyBody {
  provider: string
  envelope: PassphraseEnvelope
  hint?: string
  label?: string
  weight?: number
  order?: number
  quota?: KeyQuotaInput
}
/**
 * A provider as people add keys for it.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "ProviderCard".
 */
export interface ProviderCard {
  id: string
  display_name: string
  protocol: string
  host: string
  needs_key: boolean
  source: 'built_in' | 'operator' | 'admin'
}
/**
 * What is known about a provider; what is left out is taken from `preset`, a provider of the catalogue, if given.
 *
 * `protocol` names an adapter, `output_limit` the request's field that bounds an answer (Chat Completions only),
 * `reports_usage` whether a stream may be asked for its usage, `tokenizer` a family for counting.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "ProviderFacts".
 */
export interface ProviderFacts {
  preset?: string | null
  display_name?: string | null
  protocol?: string | null
  base_url?: string | null
  needs_key?: boolean | null
  output_limit?: ('max_tokens' | 'max_completion_tokens') | null
  reports_usage?: boolean | null
  tokenizer?: string | null
  grammar?: Grammar | null
  cache?: PromptCache | null
  listing?: ('plain' | 'ollama') | null
}
/**
 * Today's money: `limit` None means unlimited. `resets_at` is the next midnight UTC.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "Quota".
 */
export interface Quota {
  limit: string | null
  spent: string
  reserved: string
  resets_at: string
}
/**
 * Clients that are connected to this process, by WebSocket, event stream or long poll.
 *
 * `in_all` is null while Redis, where gateways tell each other, is away.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "RealtimeStatus".
 */
export interface RealtimeStatus {
  protocol: string
  connections: number
  max_connections: number
  max_connections_per_user: number
  max_connections_in_all: number
  in_all: InAll | null
  people: number
  sessions: number
  down: string[]
}
/**
 * Inside `Sealed`: each works once, in the place of the authenticator. They are never shown again.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "RecoveryCodes".
 */
export interface RecoveryCodes {
  codes: string[]
}
/**
 * Programs give their refresh token here; browsers send it as a cookie.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "RefreshBody".
 */
export interface RefreshBody {
  refresh_token?: string | null
}
/**
 * Without a `model` the participant's own answers.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "RegenerateBody".
 */
export interface RegenerateBody {
  model?: string | null
}
/**
 * A new account. `invitation` is the code of one, which stands behind `#invitation=` in its link.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "RegisterBody".
 */
export interface RegisterBody {
  email: string
  password: string
  nickname: string
  invitation?: string | null
}
/**
 * A model with all its facts.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "RegisteredModel".
 */
export interface RegisteredModel {
  source: 'built_in' | 'operator' | 'admin'
  updated_at: string | null
  updated_by: string | null
  id: string
  provider: string
  upstream: string
  display_name: string
  description: string
  window: number
  max_output: number
  reserve: number
  tokenizer: string
  input_price: string
  output_price: string
  cached_input_price: string
  cache_write_price: string
  capabilities: Capabilities
  grammar: Grammar
  cache: PromptCache
}
/**
 * A provider with all its facts. Only what `admin` added has been updated by somebody.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "RegisteredProvider".
 */
export interface RegisteredProvider {
  source: 'built_in' | 'operator' | 'admin'
  updated_at: string | null
  updated_by: string | null
  id: string
  display_name: string
  protocol: string
  base_url: string
  host: string
  needs_key: boolean
  output_limit: string
  reports_usage: boolean
  tokenizer: string
  grammar: Grammar
  cache: PromptCache
  listing: 'plain' | 'ollama'
}
/**
 * By setting.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "RegistrationRules".
 */
export interface RegistrationRules {
  mode: 'open' | 'invitation' | 'closed'
}
/**
 * A persisted answer. `model` is the one that really answered; `cost` is in US dollars.
 *
 * `pinned` as in `UserMessage`; what is pinned is the answer in all its versions. `feedback` is on pages only, too.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "Reply".
 */
export interface Reply {
  id: string
  turn_id: string
  participant_id: string
  model: string
  text: string
  finish_reason: 'stop' | 'length' | 'stopped' | 'error' | 'interrupted'
  usage: Usage | null
  cost: string | null
  context: ContextFill | null
  rank: number
  version: number
  first_token_at: string | null
  created_at: string
  pinned: boolean
  feedback: Feedback | null
}
/**
 * Tokens as the provider reported them, or our own estimate where it reported none.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "Usage".
 */
export interface Usage {
  tokens_input: number
  tokens_output: number
  tokens_cached: number
  estimated: boolean
}
/**
 * An answer on the newest page, in the version that is shown; `versions` is the highest number of one that was
 * asked for.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "ReplyItem".
 */
export interface ReplyItem {
  kind: 'reply'
  turn: TurnRef
  reply: Reply
  versions: number
}
/**
 * All versions of an answer that have a text, oldest first; the `active` one is shown.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "ReplyVersions".
 */
export interface ReplyVersions {
  active: number
  versions: Reply[]
}
/**
 * The token of the link, which stands behind `#reset=`, and the new password.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "ResetBody".
 */
export interface ResetBody {
  token: string
  new_password: string
}
/**
 * Whether a person's password needs a second proof, and how many recovery codes they have left.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "SecondFactorState".
 */
export interface SecondFactorState {
  enabled: boolean
  recovery_codes_left: number
}
/**
 * The `challenge` from the details of SECOND_FACTOR_REQUIRED, and a code of the authenticator or for recovery.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "SecondStepBody".
 */
export interface SecondStepBody {
  challenge: string
  code: string
}
/**
 * A room as its members see it. `path` lists the visible branch ids from the root to the leaf.
 *
 * A deleted one says since when, and in lists when it goes for good; until then its owner may restore it.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "SessionView".
 */
export interface SessionView {
  id: string
  owner_id: string
  title: string
  mode: string
  state: 'initialised' | 'running' | 'awaiting_input' | 'interrupted' | 'paused' | 'completed' | 'ended'
  prompt_mode: 'unified' | 'individual'
  system_prompt: string | null
  archived: boolean
  participants: Participant[]
  path: string[]
  created_at: string
  updated_at: string
  deleted_at: string | null
  purge_at: string | null
}
/**
 * What the link shows besides what was said, and for how long.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "ShareBody".
 */
export interface ShareBody {
  /**
   * Until it ends; by default it works until taken back.
   */
  days?: number | null
  /**
   * Whether it shows the system prompts, too.
   */
  prompts?: boolean
}
/**
 * A link without its token. Without an `expires_at` it works until it is revoked.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "ShareView".
 */
export interface ShareView {
  id: string
  session_id: string
  title: string
  messages: number
  prompts: boolean
  created_at: string
  expires_at: string | null
}
/**
 * Which link, and how many of its messages the reader has already.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "SharedBody".
 */
export interface SharedBody {
  token: string
  after?: number
}
/**
 * Said by `speakers[speaker]`; by a person where that is None, who is not named.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "SharedMessage".
 */
export interface SharedMessage {
  speaker: number | null
  model: string | null
  text: string
  finish_reason: ('stop' | 'length' | 'stopped' | 'error' | 'interrupted') | null
  at: string
}
/**
 * What a link shows: nothing that identifies the room, its owner or their keys. `next_after` goes on; None at the
 * end. Messages that were deleted since are left out.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "SharedPage".
 */
export interface SharedPage {
  title: string
  system_prompt: string | null
  shared_at: string
  expires_at: string | null
  speakers: SharedSpeaker[]
  messages: SharedMessage[]
  next_after: number | null
}
/**
 * A member who says something in it. `system_prompt` only where the link shows prompts.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "SharedSpeaker".
 */
export interface SharedSpeaker {
  name: string
  color: string
  system_prompt: string | null
}
/**
 * A sign-in and whose it is.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "SignInRecord".
 */
export interface SignInRecord {
  id: string
  device: string | null
  address: string | null
  created_at: string
  used_at: string
  current: boolean
  user_id: string
  nickname: string
}
/**
 * Where somebody is signed in. `device` is what the client called itself; `current` is the one that asks.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "SignInView".
 */
export interface SignInView {
  id: string
  device: string | null
  address: string | null
  created_at: string
  used_at: string
  current: boolean
}
/**
 * Who signed in, and their tokens. `refresh_token` is null for browsers: theirs is in a cookie.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "SignedInView".
 */
export interface SignedInView {
  user: UserView
  access_token: string
  token_type: string
  expires_at: string
  refresh_token: string | null
  refresh_expires_at: string
}
/**
 * A person as they see themselves.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "UserView".
 */
export interface UserView {
  id: string
  email: string
  nickname: string
  avatar_url: string | null
  role: Role
  status: 'active' | 'suspended' | 'deleted'
  created_at: string
}
/**
 * As the WebSocket's `stop`: one turn, one participant, or with neither everything that runs or waits.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "StopBody".
 */
export interface StopBody {
  session_id: string
  turn_id?: string | null
  participant_id?: string | null
}
/**
 * It is gone, and so are these versions.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "SummaryDeleted".
 */
export interface SummaryDeleted {
  versions: number[]
}
/**
 * One version of a summary. It covers the oldest `entries` on the way to `branch`, up to `through`, included.
 *
 * `tokens` are counted with `tokenizer`. `model_id` wrote it, or the person `author` did. `made_from`: the version
 * that it goes on from, or edits. `applies`: what it covers is still said just so on the visible path; otherwise no
 * window uses it.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "SummaryView".
 */
export interface SummaryView {
  id: string
  session_id: string
  branch: string
  through: Covered
  entries: number
  version: number
  text: string
  tokens: number
  tokenizer: string
  model_id: string | null
  author: string | null
  made_from: string | null
  applies: boolean
  created_at: string
}
/**
 * Whose model becomes another one. A room of one participant need not say whose.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "SwitchModelBody".
 */
export interface SwitchModelBody {
  session_id: string
  participant_id?: string | null
  model_id: string
}
/**
 * For one WebSocket handshake, as `?ticket=`.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "TicketView".
 */
export interface TicketView {
  ticket: string
  expires_at: string
}
/**
 * What your passphrase becomes by the `derivation`: 32 bytes, unpadded base64url.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "UnlockBody".
 */
export interface UnlockBody {
  wrapping_key: string
}
/**
 * What is given is changed. An empty `system_prompt` removes it.
 *
 * Another `model` answers from the next turn on. `persona` gives what that preset says, as far as it is not given
 * here; empty, it only forgets where the participant came from.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "UpdateParticipantBody".
 */
export interface UpdateParticipantBody {
  model?: string | null
  persona?: string | '' | null
  name?: string | null
  color?: string | null
  system_prompt?: string | null
  muted?: boolean | null
  settings?: AnswerSettings | null
}
/**
 * What is given is changed. An empty `model` removes it. The slug stays.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "UpdatePersonaBody".
 */
export interface UpdatePersonaBody {
  name?: string | null
  description?: string | null
  color?: string | null
  system_prompt?: string | null
  model?: string | null
}
/**
 * What is given is changed.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "UpdateSessionBody".
 */
export interface UpdateSessionBody {
  title?: string | null
  prompt_mode?: ('unified' | 'individual') | null
  system_prompt?: string | null
}
/**
 * What a person posted. `to` restricts the round to these participants.
 *
 * `pinned` is true on pages only: an entry of the log says how a message began.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "UserMessage".
 */
export interface UserMessage {
  id: string
  client_message_id: string
  author: string
  content: string
  branch: string
  round: number
  to: string[] | null
  metadata: {
    [k: string]: string | number | boolean | null
  }
  created_at: string
  pinned: boolean
}
/**
 * A person's message on the newest page.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "UserMessageItem".
 */
export interface UserMessageItem {
  kind: 'user'
  message: UserMessage
}
/**
 * Which version of the answer is to be shown.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "VersionBody".
 */
export interface VersionBody {
  version: number
}
/**
 * Where the browser goes next.
 *
 * This interface was referenced by `RestApi`'s JSON-Schema
 * via the `definition` "WhereTo".
 */
export interface WhereTo {
  url: string
}
