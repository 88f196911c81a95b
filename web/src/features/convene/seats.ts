/** The seats that are being filled in the picker. Pure. */
import { MAX_PARTICIPANTS, type ModelCard, type NewParticipant, type Persona } from '@/contracts/rest'
import { newId } from '@/lib/ids'
import { freeColor, freeName } from '@/lib/memberColors'

export interface Seat {
  /** Identity in the picker; a model may sit twice. */
  readonly key: string
  readonly model: string
  readonly modelName: string
  /** The preset that it is made from. */
  readonly persona: string | null
  readonly name: string
  readonly color: string
  readonly prompt: string
}

export interface Taken {
  readonly names: readonly string[]
  readonly colors: readonly string[]
}

export const NOBODY_SEATED: Taken = { names: [], colors: [] }

export function seatsLeft(seats: readonly Seat[], taken: Taken): number {
  return Math.max(0, MAX_PARTICIPANTS - taken.names.length - seats.length)
}

/** The model in one more seat, with a name and a colour that nobody has yet. */
export function addSeat(seats: readonly Seat[], model: ModelCard, taken: Taken, prompt: string): Seat[] {
  if (seatsLeft(seats, taken) === 0) return [...seats]
  const names = [...taken.names, ...seats.map(({ name }) => name)]
  const colors = [...taken.colors, ...seats.map(({ color }) => color)]
  const name = freeName(model.display_name, names)
  const seat = { key: newId(), model: model.id, modelName: model.display_name, persona: null }
  return [...seats, { ...seat, name, color: freeColor(colors), prompt }]
}

/** The seat made from a persona, called `name`; or, without one, from its model alone, with `prompt` as its own. */
export function withPersona(
  seats: readonly Seat[],
  key: string,
  persona: Persona | null,
  { name, prompt, taken }: { readonly name: string; readonly prompt: string; readonly taken: Taken },
): Seat[] {
  return seats.map((seat) => {
    if (seat.key !== key) return seat
    const others = [...taken.names, ...seats.filter((other) => other !== seat).map((other) => other.name)]
    const free = freeName(persona ? name : seat.modelName, others)
    if (persona === null) return { ...seat, persona: null, name: free, prompt }
    return { ...seat, persona: persona.slug, name: free, color: persona.color ?? seat.color, prompt: persona.system_prompt }
  })
}

/** All seats of the model given up, or one taken if it had none. */
export function toggleSeat(seats: readonly Seat[], model: ModelCard, taken: Taken, prompt: string): Seat[] {
  const others = seats.filter((seat) => seat.model !== model.id)
  return others.length < seats.length ? others : addSeat(seats, model, taken, prompt)
}

export function toParticipant(seat: Seat, individual: boolean): NewParticipant {
  const { model, persona, name, color, prompt } = seat
  const preset = persona === null ? {} : { persona }
  return { model, ...preset, name: name.trim(), color, ...(individual && prompt.trim() ? { system_prompt: prompt.trim() } : {}) }
}

/** One more seat for a persona, with the model that it brings along. */
export function addPersona(seats: readonly Seat[], persona: Persona, model: ModelCard, taken: Taken): Seat[] {
  const added = addSeat(seats, model, taken, '')
  const seat = added[seats.length]
  return seat ? withPersona(added, seat.key, persona, { name: persona.name, prompt: '', taken }) : added
}

/** What takes a member's own prompt into the prompt of its room. */
export const OWN_PROMPT = '{{persona}}'

/**
 * The prompt for all. Nothing where the person has written none: then the server's own default tells members to take a
 * role, or the one of their persona. Personas are heard in a prompt that the person wrote, too.
 */
export function roomPrompt(prompt: string, usual: string, seats: readonly Seat[]): string | null {
  const written = prompt.trim()
  if (written === '' || !seats.some(({ persona }) => persona !== null)) return written || null
  if (written === usual.trim()) return null
  return written.includes(OWN_PROMPT) ? written : `${written}\n\n${OWN_PROMPT}`
}
