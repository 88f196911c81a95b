/** Names for parts of the generated protocol that its schema has no names for. */
import type { Attached, DependencyState, FailureBody, RoundFinish, ServerFrame, SessionView } from './protocol'

/** Any entry of a room's log, told apart by `name`. */
export type SessionEvent = Extract<ServerFrame, { type: 'event' }>
export type Notice = Extract<ServerFrame, { type: 'notice' }>
/** A message, a reply or a failed turn on a page of history. */
export type MessageItem = Attached['messages'][number]
export type RoundEnd = RoundFinish['reason']
export type PromptMode = SessionView['prompt_mode']
export type Dependency = DependencyState['dependency']
/** Why something failed, as far as a person is told. */
export type FailureReason = Pick<FailureBody, 'code' | 'message' | 'retryable'>
