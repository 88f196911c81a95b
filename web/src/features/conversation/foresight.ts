/** What a model is about to see of a conversation, before it is asked to. Pure. */
import type { SessionUsage } from '@/contracts/protocol'
import type { ModelCard } from '@/contracts/rest'

/** As much of the window as the server keeps for the answer where the model's facts say nothing else. In tokens. */
const USUAL_RESERVE = 4_096

export interface Outlook {
  /** Tokens of the conversation that fit, as far as that is known before the model's own tokenizer has counted. */
  readonly room: number
  /** About so many messages do not fit; 0 if all do. */
  readonly unseen: number
}

export function outlookOf(model: Pick<ModelCard, 'window' | 'max_output'>, { tokens, messages }: SessionUsage): Outlook {
  const room = Math.max(0, model.window - Math.min(USUAL_RESERVE, model.max_output))
  if (tokens <= room) return { room, unseen: 0 }
  return { room, unseen: Math.max(1, Math.round(messages * (1 - room / tokens))) }
}
