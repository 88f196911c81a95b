// Provisional: written by hand from `palaver.contracts.client_protocol` until the generated file replaces it.

export type ErrorCategory = 'network' | 'authentication' | 'business' | 'system'

export interface FailureBody {
  code: string
  category: ErrorCategory
  message: string
  retryable: boolean
  details?: Record<string, unknown>
}

export type SessionState =
  | 'initialised'
  | 'running'
  | 'awaiting_input'
  | 'interrupted'
  | 'paused'
  | 'completed'
  | 'ended'
export type PromptMode = 'unified' | 'individual'
export type FinishReason = 'stop' | 'length' | 'stopped' | 'error' | 'interrupted'
export type RoundEnd = 'completed' | 'stopped' | 'failed' | 'limit'
export type Metadata = Record<string, string | number | boolean | null>

export interface Participant {
  id: string
  model_id: string
  name: string
  color: string
  system_prompt?: string | null
  muted?: boolean
  position: number
}

export interface SessionView {
  id: string
  owner_id: string
  title: string
  mode: string
  state: SessionState
  prompt_mode: PromptMode
  system_prompt: string | null
  archived: boolean
  participants: Participant[]
  path: string[]
  created_at: string
  updated_at: string
}

export interface UserMessage {
  id: string
  client_message_id: string
  author: string
  content: string
  branch: string
  round: number
  to?: string[] | null
  metadata?: Metadata
  created_at: string
}

export interface TurnRef {
  turn_id: string
  reply_id: string
  participant_id: string
  model: string
  branch: string
  round: number
  step: number
  speaker: string
  version?: number
}

export interface Usage {
  tokens_input: number
  tokens_output: number
  tokens_cached?: number
  estimated?: boolean
}

export interface ContextFill {
  used: number
  maximum: number
}

export interface Reply {
  id: string
  turn_id: string
  participant_id: string
  model: string
  text: string
  finish_reason: FinishReason
  usage?: Usage | null
  cost?: string | null
  context?: ContextFill | null
  rank: number
  version: number
  first_token_at?: string | null
  created_at: string
}

interface EventFrame<Name extends string, Data> {
  type: 'event'
  session_id: string
  epoch: string
  seq: number
  at: string
  name: Name
  data: Data
}

export interface TurnStart extends TurnRef {
  attempt: number
  rank: number
}

export interface TurnEnd extends TurnRef {
  code: string
  message: string
  retryable: boolean
}

export interface ReplyEnd extends TurnRef {
  reply: Reply
}

export type SessionEvent =
  | EventFrame<'session.created', { session: SessionView }>
  | EventFrame<'session.updated', { session: SessionView }>
  | EventFrame<'session.state_changed', { state: SessionState; previous: SessionState }>
  | EventFrame<'session.archived', { session: SessionView }>
  | EventFrame<'session.deleted', Record<string, never>>
  | EventFrame<'participant.added', { participant: Participant }>
  | EventFrame<'participant.updated', { participant: Participant }>
  | EventFrame<'participant.removed', { participant_id: string }>
  | EventFrame<'message.posted', { message: UserMessage }>
  | EventFrame<'message.deleted', { message_id: string }>
  | EventFrame<'round.started', { branch: string; round: number; message_id: string | null }>
  | EventFrame<'round.ended', { branch: string; round: number; reason: RoundEnd; last: boolean }>
  | EventFrame<'turn.requested', TurnRef>
  | EventFrame<'turn.started', TurnStart>
  | EventFrame<'turn.failed', TurnEnd>
  | EventFrame<'turn.stopped', TurnEnd>
  | EventFrame<'reply.appended', ReplyEnd>

export interface Welcome {
  type: 'welcome'
  id?: string | null
  connection_id: string
  user: { id: string; nickname: string; role: string }
  heartbeat_seconds: number
  limits: ConnectionLimits
  server_time: string
}

export interface ConnectionLimits {
  max_frame_bytes: number
  max_message_characters: number
  max_attached_sessions: number
  messages_per_minute: number
}

export interface LiveTurn {
  turn_id: string
  reply_id: string
  participant_id: string
  attempt: number
  rank?: number | null
  offset?: number
  text: string
}

export interface UserMessageItem {
  kind: 'user'
  message: UserMessage
}

export interface ReplyItem {
  kind: 'reply'
  turn: TurnRef
  reply: Reply
}

export interface FailedTurnItem {
  kind: 'failed'
  turn: TurnRef
  error: FailureBody
}

export type MessageItem = UserMessageItem | ReplyItem | FailedTurnItem

export interface Attached {
  type: 'attached'
  id?: string | null
  session_id: string
  epoch: string
  head_seq: number
  recovered: boolean
  session: SessionView
  entries?: SessionEvent[]
  messages?: MessageItem[]
  running?: TurnRef[]
  live?: LiveTurn[]
}

export interface Delta {
  type: 'delta'
  turn_id: string
  attempt: number
  offset: number
  text: string
  channel?: 'answer' | 'reasoning' | 'tool'
}

export interface ParticipantUsage {
  id: string
  used: number
  maximum: number
  reserve: number
  summarised?: number
}

export interface ContextUsage {
  session: { tokens: number; messages: number; tokenizer: string }
  participants: ParticipantUsage[]
}

interface NoticeFrame<Name extends string, Data> {
  type: 'notice'
  name: Name
  session_id?: string | null
  data: Data
}

export type Notice =
  | (NoticeFrame<'context.usage', ContextUsage> & { session_id: string })
  | NoticeFrame<'lagging', { dropped_bytes: number }>
  | NoticeFrame<'service.degraded', { dependency: Dependency; message: string }>
  | NoticeFrame<'service.recovered', { dependency: Dependency; message: string }>
  | NoticeFrame<'token.expiring', { expires_at: string }>

export type Dependency = 'postgres' | 'nats' | 'redis'

export interface Accepted {
  type: 'accepted'
  id?: string | null
  client_message_id: string
}

export interface Ack {
  type: 'ack'
  id?: string | null
}

export interface ErrorFrame extends FailureBody {
  type: 'error'
  id?: string | null
  session_id?: string | null
  client_message_id?: string | null
}

export interface Pong {
  type: 'pong'
  id?: string | null
}

export type ServerFrame = Welcome | Attached | SessionEvent | Delta | Notice | Accepted | Ack | ErrorFrame | Pong

export interface Authenticate {
  type: 'authenticate'
  id?: string
  token: string
}

export interface Attach {
  type: 'attach'
  id?: string
  session_id: string
  after?: number
  epoch?: string
}

export interface Detach {
  type: 'detach'
  id?: string
  session_id: string
}

export interface Post {
  type: 'post'
  id?: string
  session_id: string
  client_message_id: string
  content: string
  to?: string[]
}

export interface Stop {
  type: 'stop'
  id?: string
  session_id: string
  turn_id?: string
  participant_id?: string
}

export interface Ping {
  type: 'ping'
  id?: string
}

export type ClientFrame = Authenticate | Attach | Detach | Post | Stop | Ping
