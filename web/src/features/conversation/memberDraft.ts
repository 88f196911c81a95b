/** What a person wants a member to be, before they save it. */
import type { Participant, SessionView } from '@/contracts/protocol'
import type { Persona, UpdateParticipantBody } from '@/contracts/rest'

export interface MemberDraft {
  readonly persona: string | null
  readonly name: string
  readonly color: string
  readonly prompt: string
}

export function draftOf({ persona, name, color, system_prompt }: Participant): MemberDraft {
  return { persona: persona ?? null, name, color, prompt: system_prompt ?? '' }
}

/** A persona brings its name, colour and prompt along; `name` is what it is called in the person's language. */
export function withPersona(draft: MemberDraft, persona: Persona | null, name: string): MemberDraft {
  if (persona === null) return { ...draft, persona: null, prompt: '' }
  return { persona: persona.slug, name, color: persona.color ?? draft.color, prompt: persona.system_prompt }
}

/**
 * What of it the server is told. The model stays, whatever the persona prefers; and in a room with one prompt for all a
 * member's own prompt comes and goes with its persona.
 */
export function changeOf(participant: Participant, draft: MemberDraft, individual: boolean): UpdateParticipantBody {
  const { persona, name, color, prompt } = draft
  const renewed = persona !== (participant.persona ?? null)
  return {
    name: name.trim(),
    color,
    ...(renewed ? { persona: persona ?? '', model: participant.model_id } : {}),
    ...(individual || renewed ? { system_prompt: prompt } : {}),
  }
}

/** What takes a member's own prompt into the prompt of its room. */
export const OWN_PROMPT = '{{persona}}'

/** Whether the room has one prompt for all in which no member's own is heard. */
export function isUnheard({ prompt_mode, system_prompt }: Pick<SessionView, 'prompt_mode' | 'system_prompt'>): boolean {
  return prompt_mode === 'unified' && Boolean(system_prompt) && !system_prompt?.includes(OWN_PROMPT)
}
