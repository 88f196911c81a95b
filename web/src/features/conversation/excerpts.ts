/** Messages in a line or two, for lists beside the transcript. Pure. */
import type { MessageItem } from '@/contracts/frames'
import type { Reply, TurnRef, UserMessage } from '@/contracts/protocol'
import type { TranscriptItem } from '@/realtime/transcript'

/** As much of a message as a list shows, in UTF-16 units. */
const EXCERPT = 240

export interface Excerpt {
  /** As the server calls the message. */
  readonly id: string
  /** Null: the person. */
  readonly speaker: string | null
  readonly participantId: string | null
  readonly text: string
  readonly at: string
}

/** In the order of the transcript; what runs or failed has no text that others could see. */
export function excerpts(items: readonly TranscriptItem[]): Excerpt[] {
  return items.flatMap((item): Excerpt[] => {
    if (item.kind === 'message') return [ofMessage(item.message)]
    return item.kind === 'ended' && item.end.kind === 'reply' ? [ofReply(item.end.turn, item.end.reply)] : []
  })
}

/** Null for a turn that ended without text. */
export function excerptOf(item: MessageItem): Excerpt | null {
  if (item.kind === 'user') return ofMessage(item.message)
  return item.kind === 'reply' ? ofReply(item.turn, item.reply) : null
}

function ofMessage({ id, content, created_at }: UserMessage): Excerpt {
  return { id, speaker: null, participantId: null, text: shortened(content), at: created_at }
}

function ofReply({ speaker, participant_id }: TurnRef, { id, text, created_at }: Reply): Excerpt {
  return { id, speaker, participantId: participant_id, text: shortened(text), at: created_at }
}

function shortened(text: string): string {
  return text.slice(0, EXCERPT).replaceAll(/\s+/g, ' ').trim()
}
