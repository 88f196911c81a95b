/** What the server said last about models that would answer otherwise than before. */
import { create } from 'zustand'

import type { ModelAvailabilityData } from '@/contracts/protocol'
import type { ModelCard } from '@/contracts/rest'

export const useModelStandings = create<{ readonly heard: ModelAvailabilityData | null }>(() => ({ heard: null }))

export function noteModelStanding(heard: ModelAvailabilityData): void {
  useModelStandings.setState({ heard })
}

/** The catalogue with one model as it is now; the same one where nothing is otherwise. */
export function withStanding(
  models: readonly ModelCard[] | undefined,
  { model_id, availability, retry_at }: ModelAvailabilityData,
): ModelCard[] | undefined {
  return models?.map((model) =>
    model.id === model_id ? { ...model, availability, retry_at } : model,
  )
}
