/** Messages in a line or two, for lists beside the transcript. Pure. */
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
    if (item.kind === 'message') {
      const { id, content, created_at } = item.message
      return [{ id, speaker: null, participantId: null, text: shortened(content), at: created_at }]
    }
    if (item.kind === 'running' || item.end.kind === 'failed') return []
    const { turn, reply } = item.end
    return [
      { id: reply.id, speaker: turn.speaker, participantId: turn.participant_id, text: shortened(reply.text), at: reply.created_at },
    ]
  })
}

function shortened(text: string): string {
  return text.slice(0, EXCERPT).replaceAll(/\s+/g, ' ').trim()
}
