/**
 * The WebSocket protocol, generated from libs/contracts/schemas/client_protocol.json by `npm run contracts`.
 * Do not edit: change the contracts and generate again.
 */

/**
 * Frames of the WebSocket subprotocol palaver.v1.
 */
export type ClientProtocol = ClientFrame | ServerFrame
export type ClientFrame = Authenticate | Attach | Detach | Post | Stop | Regenerate | Ping
export type ServerFrame =
  | Welcome
  | Attached
  | (
      | SessionCreated
      | SessionUpdated
      | SessionStateChanged
      | SessionArchived
      | SessionDeleted
      | SessionRestored
      | ParticipantAdded
      | ParticipantUpdated
      | ParticipantRemoved
      | MessagePosted
      | MessageDeleted
      | MessagePinned
      | MessageUnpinned
      | BranchCreated
      | PathChanged
      | RoundStarted
      | RoundEnded
      | TurnRequested
      | TurnStarted
      | TurnFailed
      | TurnStopped
      | ReplyAppended
      | ReplyVersionSelected
      | FeedbackGiven
    )
  | Delta
  | (
      | ContextUsageNotice
      | ContextSummaryNotice
      | LaggingNotice
      | DegradedNotice
      | RecoveredNotice
      | TokenExpiringNotice
      | KeyQuotaNotice
      | KeyUnusualNotice
      | ModelAvailabilityNotice
      | RoomsNotice
    )
  | Accepted
  | Ack
  | Error
  | Pong
/**
 * Stable codes. Add at the end of a group, never rename.
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
/**
 * Who must act: the network, the caller's credentials, the caller's request, or us.
 */
export type Category = 'network' | 'authentication' | 'business' | 'system'

/**
 * The first frame where the handshake carried no credential; later it renews a live connection.
 */
export interface Authenticate {
  id?: string | null
  type: 'authenticate'
  token: string
}
/**
 * Follow a session. With `after` (the last `seq` seen) and its `epoch`, only what was missed comes back.
 */
export interface Attach {
  id?: string | null
  type: 'attach'
  session_id: string
  after?: number | null
  epoch?: string | null
}
/**
 * Stop following a session. It stops no answer.
 */
export interface Detach {
  id?: string | null
  type: 'detach'
  session_id: string
}
/**
 * Say something. `client_message_id` makes repeating it harmless: resend until `message.posted` is seen.
 */
export interface Post {
  id?: string | null
  type: 'post'
  session_id: string
  client_message_id: string
  content: string | TextPart[]
  to?: string[] | null
  options?: PostOptions
  metadata?: {
    [k: string]: string | number | boolean | null
  }
}
/**
 * A piece of plain text.
 */
export interface TextPart {
  type: 'text'
  text: string
}
/**
 * Wishes for the answers to one message.
 */
export interface PostOptions {
  model_id?: string | null
  stream?: boolean
}
/**
 * Stop one turn, one participant, or with neither everything that runs or waits in the session.
 */
export interface Stop {
  id?: string | null
  type: 'stop'
  session_id: string
  turn_id?: string | null
  participant_id?: string | null
}
/**
 * Ask the same participant for another version of an answer, `model` instead of its own.
 */
export interface Regenerate {
  id?: string | null
  type: 'regenerate'
  session_id: string
  reply_id: string
  model?: string | null
}
/**
 * A sign of life.
 */
export interface Ping {
  id?: string | null
  type: 'ping'
}
/**
 * The connection is authenticated.
 */
export interface Welcome {
  type: 'welcome'
  id: string | null
  connection_id: string
  user: ConnectedUser
  heartbeat_seconds: number
  limits: ConnectionLimits
  server_time: string
}
/**
 * Who the server takes the client for.
 */
export interface ConnectedUser {
  id: string
  nickname: string
  role: string
}
/**
 * What this server accepts from one client.
 */
export interface ConnectionLimits {
  max_frame_bytes: number
  max_message_characters: number
  max_attached_sessions: number
  messages_per_minute: number
}
/**
 * Where the session stands. `entries` if `recovered`, else `messages`, oldest first.
 *
 * `running` names every turn that is requested and not ended, `live` the text of those that have any. `pinned` are all
 * pinned messages and replies, in the order in which they were pinned. `branches` are all
 * of the room, oldest first; none if `recovered`, for entries tell of them.
 */
export interface Attached {
  type: 'attached'
  id: string | null
  session_id: string
  epoch: string
  head_seq: number
  recovered: boolean
  session: SessionView
  entries: (
    | SessionCreated
    | SessionUpdated
    | SessionStateChanged
    | SessionArchived
    | SessionDeleted
    | SessionRestored
    | ParticipantAdded
    | ParticipantUpdated
    | ParticipantRemoved
    | MessagePosted
    | MessageDeleted
    | MessagePinned
    | MessageUnpinned
    | BranchCreated
    | PathChanged
    | RoundStarted
    | RoundEnded
    | TurnRequested
    | TurnStarted
    | TurnFailed
    | TurnStopped
    | ReplyAppended
    | ReplyVersionSelected
    | FeedbackGiven
  )[]
  messages: (UserMessageItem | ReplyItem | FailedTurnItem)[]
  pinned: string[]
  branches: Branch[]
  running: TurnRef[]
  live: LiveTurn[]
}
/**
 * A room as its members see it. `path` lists the visible branch ids from the root to the leaf.
 *
 * A deleted one says since when, and in lists when it goes for good; until then its owner may restore it.
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
 * A model's seat in a room. One model may hold two seats: identity is the participant, never the model.
 *
 * `persona` is the slug of the preset that it was made from, which may have changed or gone since.
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
 * How a model is wished to answer; what is None is left to its provider.
 *
 * What the model's provider would refuse is brought into its bounds, or left out; `max_output_tokens` is at most what
 * the model's window keeps free for an answer.
 */
export interface AnswerSettings {
  temperature: number | null
  top_p: number | null
  max_output_tokens: number | null
}
/**
 * A room was opened.
 */
export interface SessionCreated {
  type: 'event'
  session_id: string
  epoch: string
  seq: number
  at: string
  name: 'session.created'
  data: SessionChange
}
/**
 * The room after a change.
 */
export interface SessionChange {
  session: SessionView
}
/**
 * Title, prompt or mode changed.
 */
export interface SessionUpdated {
  type: 'event'
  session_id: string
  epoch: string
  seq: number
  at: string
  name: 'session.updated'
  data: SessionChange
}
/**
 * The state machine moved.
 */
export interface SessionStateChanged {
  type: 'event'
  session_id: string
  epoch: string
  seq: number
  at: string
  name: 'session.state_changed'
  data: StateChange
}
/**
 * A step of the session's state machine.
 */
export interface StateChange {
  state: 'initialised' | 'running' | 'awaiting_input' | 'interrupted' | 'paused' | 'completed' | 'ended'
  previous: 'initialised' | 'running' | 'awaiting_input' | 'interrupted' | 'paused' | 'completed' | 'ended'
}
/**
 * The room was archived or taken back; `data.session.archived` says which.
 */
export interface SessionArchived {
  type: 'event'
  session_id: string
  epoch: string
  seq: number
  at: string
  name: 'session.archived'
  data: SessionChange
}
/**
 * The room was deleted; nobody sees it until its owner restores it.
 */
export interface SessionDeleted {
  type: 'event'
  session_id: string
  epoch: string
  seq: number
  at: string
  name: 'session.deleted'
  data: Nothing
}
/**
 * An entry that says everything by its name.
 */
export interface Nothing {}
/**
 * A deleted room is back, as it was.
 */
export interface SessionRestored {
  type: 'event'
  session_id: string
  epoch: string
  seq: number
  at: string
  name: 'session.restored'
  data: SessionChange
}
/**
 * A model took a seat.
 */
export interface ParticipantAdded {
  type: 'event'
  session_id: string
  epoch: string
  seq: number
  at: string
  name: 'participant.added'
  data: SeatChange
}
/**
 * The participant after a change. `previous_model` answered for it before, where another one does now.
 */
export interface SeatChange {
  participant: Participant
  previous_model: string | null
}
/**
 * A seat was renamed, recoloured, muted, or given another model or prompt.
 */
export interface ParticipantUpdated {
  type: 'event'
  session_id: string
  epoch: string
  seq: number
  at: string
  name: 'participant.updated'
  data: SeatChange
}
/**
 * A model left.
 */
export interface ParticipantRemoved {
  type: 'event'
  session_id: string
  epoch: string
  seq: number
  at: string
  name: 'participant.removed'
  data: SeatRemoval
}
/**
 * Who left.
 */
export interface SeatRemoval {
  participant_id: string
}
/**
 * A person's message is durable.
 */
export interface MessagePosted {
  type: 'event'
  session_id: string
  epoch: string
  seq: number
  at: string
  name: 'message.posted'
  data: Posting
}
/**
 * The message as it was stored.
 */
export interface Posting {
  message: UserMessage
}
/**
 * What a person posted. `to` restricts the round to these participants.
 *
 * `pinned` is true on pages only: an entry of the log says how a message began.
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
 * A message or reply was deleted, and is thereby pinned no longer.
 */
export interface MessageDeleted {
  type: 'event'
  session_id: string
  epoch: string
  seq: number
  at: string
  name: 'message.deleted'
  data: MessageRemoval
}
/**
 * A message or reply whose text is gone for good.
 */
export interface MessageRemoval {
  message_id: string
}
/**
 * A message or reply stays in every model's window, as far as it fits.
 */
export interface MessagePinned {
  type: 'event'
  session_id: string
  epoch: string
  seq: number
  at: string
  name: 'message.pinned'
  data: PinChange
}
/**
 * Which message or reply is meant.
 */
export interface PinChange {
  message_id: string
}
/**
 * A message or reply may fall out of windows again.
 */
export interface MessageUnpinned {
  type: 'event'
  session_id: string
  epoch: string
  seq: number
  at: string
  name: 'message.unpinned'
  data: PinChange
}
/**
 * The conversation takes another way from an earlier message on.
 */
export interface BranchCreated {
  type: 'event'
  session_id: string
  epoch: string
  seq: number
  at: string
  name: 'branch.created'
  data: Branching
}
/**
 * The branch as it begins.
 */
export interface Branching {
  branch: Branch
}
/**
 * A way that the conversation took. Its `parent` is shown before it, up to the round before `first_round`.
 *
 * It begins with `message_id`, another wording of the message `edits`; of several wordings all name the first one.
 * The branch with which a room begins has no parent.
 */
export interface Branch {
  id: string
  parent: string | null
  first_round: number
  edits: string | null
  message_id: string | null
}
/**
 * Other branches are shown, and go on.
 */
export interface PathChanged {
  type: 'event'
  session_id: string
  epoch: string
  seq: number
  at: string
  name: 'path.changed'
  data: PathChange
}
/**
 * The visible branches from the root to the leaf.
 */
export interface PathChange {
  path: string[]
}
/**
 * A round began.
 */
export interface RoundStarted {
  type: 'event'
  session_id: string
  epoch: string
  seq: number
  at: string
  name: 'round.started'
  data: RoundStart
}
/**
 * A round of turns begins.
 */
export interface RoundStart {
  branch: string
  round: number
  message_id: string | null
}
/**
 * A round ended.
 */
export interface RoundEnded {
  type: 'event'
  session_id: string
  epoch: string
  seq: number
  at: string
  name: 'round.ended'
  data: RoundFinish
}
/**
 * A round is over and why. `last` says that nothing follows without a person.
 */
export interface RoundFinish {
  branch: string
  round: number
  reason: 'completed' | 'stopped' | 'failed' | 'limit'
  last: boolean
}
/**
 * A participant will answer.
 */
export interface TurnRequested {
  type: 'event'
  session_id: string
  epoch: string
  seq: number
  at: string
  name: 'turn.requested'
  data: TurnRef
}
/**
 * Which answer is meant: carried by every `turn.*` and `reply.*` entry.
 *
 * `(branch, round, step)` orders conversations; `seq` never does. `version` counts regenerated answers from 1.
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
 * A participant's first token came.
 */
export interface TurnStarted {
  type: 'event'
  session_id: string
  epoch: string
  seq: number
  at: string
  name: 'turn.started'
  data: TurnStart
}
/**
 * The first token came. `rank` is the order inside the round, the same live and after reload.
 */
export interface TurnStart {
  turn_id: string
  reply_id: string
  participant_id: string
  model: string
  branch: string
  round: number
  step: number
  speaker: string
  version: number
  attempt: number
  rank: number
}
/**
 * A turn failed before any text.
 */
export interface TurnFailed {
  type: 'event'
  session_id: string
  epoch: string
  seq: number
  at: string
  name: 'turn.failed'
  data: TurnEnd
}
/**
 * The turn ended without any text.
 */
export interface TurnEnd {
  turn_id: string
  reply_id: string
  participant_id: string
  model: string
  branch: string
  round: number
  step: number
  speaker: string
  version: number
  code: ErrorCode
  message: string
  retryable: boolean
}
/**
 * A turn was stopped before any text.
 */
export interface TurnStopped {
  type: 'event'
  session_id: string
  epoch: string
  seq: number
  at: string
  name: 'turn.stopped'
  data: TurnEnd
}
/**
 * A turn ended with text: the whole of it.
 */
export interface ReplyAppended {
  type: 'event'
  session_id: string
  epoch: string
  seq: number
  at: string
  name: 'reply.appended'
  data: ReplyEnd
}
/**
 * The turn ended with this text.
 */
export interface ReplyEnd {
  turn_id: string
  reply_id: string
  participant_id: string
  model: string
  branch: string
  round: number
  step: number
  speaker: string
  version: number
  reply: Reply
}
/**
 * A persisted answer. `model` is the one that really answered; `cost` is in US dollars.
 *
 * `pinned` as in `UserMessage`; what is pinned is the answer in all its versions. `feedback` is on pages only, too.
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
 */
export interface Usage {
  tokens_input: number
  tokens_output: number
  tokens_cached: number
  estimated: boolean
}
/**
 * How full the model's window was when it answered, in tokens.
 */
export interface ContextFill {
  used: number
  maximum: number
}
/**
 * What the room's person thinks of one version of an answer: 1 is good, -1 is bad.
 */
export interface Feedback {
  rating: -1 | 1
  comment: string
}
/**
 * This version of an answer is shown from now on, and is what everybody reads in later rounds.
 */
export interface ReplyVersionSelected {
  type: 'event'
  session_id: string
  epoch: string
  seq: number
  at: string
  name: 'reply.version_selected'
  data: ReplyEnd
}
/**
 * A person rated an answer, or took that back.
 */
export interface FeedbackGiven {
  type: 'event'
  session_id: string
  epoch: string
  seq: number
  at: string
  name: 'feedback.given'
  data: FeedbackChange
}
/**
 * Which version of which answer is meant; None takes the feedback back.
 */
export interface FeedbackChange {
  reply_id: string
  version: number
  feedback: Feedback | null
}
/**
 * A person's message on the newest page.
 */
export interface UserMessageItem {
  kind: 'user'
  message: UserMessage
}
/**
 * An answer on the newest page, in the version that is shown; `versions` is the highest number of one that was
 * asked for.
 */
export interface ReplyItem {
  kind: 'reply'
  turn: TurnRef
  reply: Reply
  versions: number
}
/**
 * A turn on the newest page that ended without text.
 */
export interface FailedTurnItem {
  kind: 'failed'
  turn: TurnRef
  error: FailureBody
}
/**
 * A failure on the wire. `message` is a human sentence without secrets and without conversation text.
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
 * A running turn's text so far. `offset` counts the code points before `text`, as in `Delta`; here it is 0.
 */
export interface LiveTurn {
  turn_id: string
  reply_id: string
  participant_id: string
  attempt: number
  rank: number | null
  offset: number
  text: string
}
/**
 * A piece of one answer. `offset` counts the Unicode code points of this attempt before `text`.
 */
export interface Delta {
  type: 'delta'
  turn_id: string
  attempt: number
  offset: number
  text: string
  channel: 'answer' | 'reasoning' | 'tool'
}
/**
 * The meters changed.
 */
export interface ContextUsageNotice {
  type: 'notice'
  name: 'context.usage'
  session_id: string
  data: ContextUsage
}
/**
 * The meters of a room.
 */
export interface ContextUsage {
  session: SessionUsage
  participants: ParticipantUsage[]
}
/**
 * The shared conversation, counted with one named tokenizer.
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
 */
export interface SeenSummary {
  id: string
  version: number
  entries: number
}
/**
 * A summary of the room came, or one was edited or deleted. REST gives its text.
 */
export interface ContextSummaryNotice {
  type: 'notice'
  name: 'context.summary'
  session_id: string
  data: SummaryChange
}
/**
 * What became of a summary. It covers the oldest `entries` of its branch.
 */
export interface SummaryChange {
  change: 'written' | 'edited' | 'deleted'
  id: string
  version: number
  entries: number
}
/**
 * This client reads too slowly.
 */
export interface LaggingNotice {
  type: 'notice'
  name: 'lagging'
  session_id: string | null
  data: LaggingData
}
/**
 * How much was dropped from this connection's queue; fresh snapshots follow once it drains.
 */
export interface LaggingData {
  dropped_bytes: number
}
/**
 * Part of the service is down; what was accepted waits and nothing is lost.
 */
export interface DegradedNotice {
  type: 'notice'
  name: 'service.degraded'
  session_id: string | null
  data: DependencyState
}
/**
 * Which part of the service is meant.
 */
export interface DependencyState {
  dependency: 'postgres' | 'nats' | 'redis'
  message: string
}
/**
 * That part is back.
 */
export interface RecoveredNotice {
  type: 'notice'
  name: 'service.recovered'
  session_id: string | null
  data: DependencyState
}
/**
 * Send `authenticate` with a fresh token to stay connected.
 */
export interface TokenExpiringNotice {
  type: 'notice'
  name: 'token.expiring'
  session_id: string | null
  data: TokenExpiringData
}
/**
 * When the access token of this connection ends.
 */
export interface TokenExpiringData {
  expires_at: string
}
/**
 * A provider key comes near its quota, or has used it up.
 */
export interface KeyQuotaNotice {
  type: 'notice'
  name: 'key.quota'
  session_id: string | null
  data: KeyQuotaData
}
/**
 * How much of one limit of a key is used in this day or month of UTC. `used` and `limit` are calls or US dollars.
 *
 * Without an `exceeded` it is a warning; with it, the key is not used until the period ends or the limit is raised.
 */
export interface KeyQuotaData {
  key_id: string
  provider: string
  label: string
  measure: 'calls' | 'dollars'
  period: 'day' | 'month'
  used: string
  limit: string
  exceeded: boolean
}
/**
 * A provider key is used as it was not before: perhaps by somebody else.
 */
export interface KeyUnusualNotice {
  type: 'notice'
  name: 'key.unusual'
  session_id: string | null
  data: KeyUnusualData
}
/**
 * An unusual use of a key, said once for each rule and day of UTC.
 *
 * `amount` of the day stands beside what is `usual`, per day with a call: calls, US dollars, or failed calls. Of
 * `silence` it is the days without a call, beside those from which on that is unusual.
 */
export interface KeyUnusualData {
  key_id: string
  provider: string
  label: string
  rule: 'calls' | 'dollars' | 'failures' | 'silence'
  day: string
  amount: string
  usual: string
}
/**
 * A model that answers for this person would now answer otherwise than before, or not at all, or again.
 */
export interface ModelAvailabilityNotice {
  type: 'notice'
  name: 'model.availability'
  session_id: string | null
  data: ModelAvailabilityData
}
/**
 * As on the model's card, for the person who is told. `retry_at` is when what is left alone is tried again.
 */
export interface ModelAvailabilityData {
  model_id: string
  availability: 'ready' | 'degraded' | 'unavailable' | 'no_key'
  retry_at: string | null
}
/**
 * One of the person's rooms came, changed or went, perhaps on another device: read the list of rooms anew.
 */
export interface RoomsNotice {
  type: 'notice'
  name: 'rooms.changed'
  data: RoomsData
}
/**
 * Which room, and what became of it.
 */
export interface RoomsData {
  session_id: string
  change: 'created' | 'updated' | 'archived' | 'deleted' | 'restored'
}
/**
 * The broker has the post; it is durable once `message.posted` comes.
 */
export interface Accepted {
  type: 'accepted'
  id: string | null
  client_message_id: string
}
/**
 * The request was taken.
 */
export interface Ack {
  type: 'ack'
  id: string | null
}
/**
 * Something was refused.
 */
export interface Error {
  code: ErrorCode
  category: Category
  message: string
  retryable: boolean
  details: {
    [k: string]: unknown
  }
  type: 'error'
  id: string | null
  session_id: string | null
  client_message_id: string | null
}
/**
 * The answer to `ping`.
 */
export interface Pong {
  type: 'pong'
  id: string | null
}
