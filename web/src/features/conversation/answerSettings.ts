/** How a member is wished to answer, as a form says it. What is empty is left to the model's provider. */
import type { AnswerSettings, Capabilities } from '@/contracts/rest'

export interface Knob {
  readonly name: 'temperature' | 'top_p' | 'max_output_tokens'
  readonly minimum: number
  readonly maximum: number
  readonly step: number
}

interface Model {
  readonly capabilities: Capabilities
  readonly max_output: number
}

/** What can be set of a model, and within which bounds; of one that is not known, all there is. */
export function knobsOf(model: Model | undefined): Knob[] {
  const range = model === undefined ? { minimum: 0, maximum: 2 } : model.capabilities.temperature
  const knobs: Knob[] = []
  if (range) knobs.push({ name: 'temperature', minimum: range.minimum ?? 0, maximum: range.maximum ?? 2, step: 0.1 })
  if (model?.capabilities.top_p !== 'no') knobs.push({ name: 'top_p', minimum: 0, maximum: 1, step: 0.05 })
  knobs.push({ name: 'max_output_tokens', minimum: 1, maximum: model?.max_output ?? 1_000_000, step: 1 })
  return knobs
}

export function settingsOf(form: FormData): AnswerSettings {
  const number = (name: Knob['name']) => {
    const text = String(form.get(name) ?? '').trim()
    return text === '' ? null : Number(text)
  }
  return { temperature: number('temperature'), top_p: number('top_p'), max_output_tokens: number('max_output_tokens') }
}
