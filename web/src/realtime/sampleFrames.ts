/** Frames as a server would send them, for tests of the reducers. */
import type { MessageItem, SessionEvent } from '@/contracts/frames'
import type { Attached, ContextUsage, Delta, Participant, ParticipantUsage, Reply, ServerFrame, SessionView, TurnRef, UserMessage } from '@/contracts/protocol'

export const ROOM = '01900000-0000-7000-8000-000000000001'
export const EPOCH = 'epoch-1'
const AT = '2030-01-01T00:00:00Z'

export function participant(id: string, position = 0, change: Partial<Participant> = {}): Participant {
  return { id, model_id: `model-${id}`, name: id, color: '#0f766e', system_prompt: null, muted: false, position, persona: null, settings: { temperature: null, top_p: null, max_output_tokens: null }, ...change }
}

export function session(participants: Participant[] = [participant('ada'), participant('bo', 1)]): SessionView {
  return {
    id: ROOM,
    owner_id: 'owner',
    title: 'A room',
    mode: 'parallel',
    state: 'awaiting_input',
    prompt_mode: 'unified',
    system_prompt: null,
    archived: false,
    participants,
    path: ['main'],
    created_at: AT,
    updated_at: AT,
    deleted_at: null,
    purge_at: null,
  }
}

export function turn(id: string, speaker = 'ada', round = 1, change: Partial<TurnRef> = {}): TurnRef {
  return {
    turn_id: id,
    reply_id: `reply-of-${id}`,
    participant_id: speaker,
    model: `model-${speaker}`,
    branch: 'main',
    round,
    step: 0,
    speaker,
    version: 1,
    ...change,
  }
}

export function message(id: string, round = 1): UserMessage {
  return {
    id,
    client_message_id: `client-${id}`,
    author: 'owner',
    content: `text of ${id}`,
    branch: 'main',
    round,
    to: null,
    metadata: {},
    created_at: AT,
    pinned: false,
  }
}

export function reply(of: TurnRef, text: string, rank: number): Reply {
  return {
    id: of.reply_id,
    turn_id: of.turn_id,
    participant_id: of.participant_id,
    model: of.model,
    text,
    finish_reason: 'stop',
    usage: null,
    cost: null,
    context: null,
    rank,
    version: of.version ?? 1,
    first_token_at: AT,
    created_at: AT,
    pinned: false,
    feedback: null,
  }
}

export function attached(change: Partial<Attached> = {}): Attached {
  return {
    type: 'attached',
    id: null,
    session_id: ROOM,
    epoch: EPOCH,
    head_seq: 0,
    recovered: false,
    session: session(),
    entries: [],
    messages: [],
    pinned: [],
    branches: [],
    running: [],
    live: [],
    ...change,
  }
}

type Entry = { [E in SessionEvent as E['name']]: Pick<E, 'name' | 'data'> }[SessionEvent['name']]

/** The `seq`-th entry of the log. */
export function event(seq: number, entry: Entry): SessionEvent {
  return { type: 'event', session_id: ROOM, epoch: EPOCH, seq, at: AT, ...entry } as SessionEvent
}

export function delta(turnId: string, offset: number, text: string, attempt = 1): Delta {
  return { type: 'delta', turn_id: turnId, attempt, offset, text, channel: 'answer' }
}

export function userItem(of: UserMessage): MessageItem {
  return { kind: 'user', message: of }
}

export function usage(tokens: number): ContextUsage {
  return { session: { tokens, messages: 1, tokenizer: 'o200k_base' }, participants: [] }
}

export function meter(id: string, change: Partial<ParticipantUsage> = {}): ParticipantUsage {
  return { id, used: 1, maximum: 10, reserve: 2, summarised: 0, left_out: 0, unseen: [], unseen_pinned: [], summary: null, ...change }
}

type ErrorFrame = Extract<ServerFrame, { type: 'error' }>

export function refusal(change: Partial<ErrorFrame> = {}): ErrorFrame {
  return {
    type: 'error',
    id: null,
    session_id: null,
    client_message_id: null,
    code: 'SERVICE_UNAVAILABLE',
    category: 'system',
    message: '',
    retryable: true,
    details: {},
    ...change,
  }
}
