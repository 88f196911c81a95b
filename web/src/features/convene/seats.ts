/** The seats that are being filled in the picker. Pure. */
import { MAX_PARTICIPANTS, type ModelCard, type NewParticipant } from '@/contracts/rest'
import { freeColor, freeName } from '@/lib/memberColors'

export interface Seat {
  /** Identity in the picker; a model may sit twice. */
  readonly key: string
  readonly model: string
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
  return [...seats, { key: `${model.id}/${name}`, model: model.id, name, color: freeColor(colors), prompt }]
}

/** All seats of the model given up, or one taken if it had none. */
export function toggleSeat(seats: readonly Seat[], model: ModelCard, taken: Taken, prompt: string): Seat[] {
  const others = seats.filter((seat) => seat.model !== model.id)
  return others.length < seats.length ? others : addSeat(seats, model, taken, prompt)
}

export function toParticipant(seat: Seat, individual: boolean): NewParticipant {
  const { model, name, color, prompt } = seat
  return { model, name: name.trim(), color, ...(individual && prompt.trim() ? { system_prompt: prompt.trim() } : {}) }
}
