import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'

import type { ModelCard } from '@/contracts/rest'
import { MODELS_KEY } from '@/lib/api/models'
import { useModelStandings, withStanding } from '@/lib/modelStandings'

/** Writes what is heard of models where every card reads it. */
export function useModelNews(): void {
  const queries = useQueryClient()
  useEffect(
    () =>
      useModelStandings.subscribe(({ heard }) => {
        if (heard) queries.setQueryData<ModelCard[]>(MODELS_KEY, (models) => withStanding(models, heard))
      }),
    [queries],
  )
}
