/** What the person prefers, wherever they sign in: read when they come and when they come back, written at once. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'

import type { Preferences as Stored } from '@/contracts/rest'
import { fromServer, isNewsToServer, toServer } from '@/lib/preferenceSync'
import { type SyncedPreferences, usePreferences } from '@/lib/preferences'

import { request } from './request'

const PREFERENCES_KEY = ['preferences'] as const

/** Without an answer, what this device knows holds. */
export function usePreferenceSync(): void {
  const { data } = useQuery({
    queryKey: PREFERENCES_KEY,
    queryFn: async () => (await request<Stored>('GET', '/users/me/settings')).data,
  })
  const { mutate } = useStore()
  useEffect(() => {
    if (data === undefined) return
    if (isNewsToServer(usePreferences.getState(), data)) mutate()
    else usePreferences.setState(fromServer(data))
    usePreferences.setState({ synced: true })
  }, [data, mutate])
}

/** Takes effect here at once; if the server cannot be told, it stays with this device. */
export function useChangePreferences(): (change: Partial<SyncedPreferences>) => void {
  const { mutate } = useStore()
  return (change) => {
    usePreferences.setState(change)
    mutate()
  }
}

function useStore() {
  const queries = useQueryClient()
  return useMutation({
    scope: { id: 'preferences' }, // one after the other, so that the last choice is the one that stays
    onMutate: () => queries.cancelQueries({ queryKey: PREFERENCES_KEY }),
    mutationFn: async () => {
      const body = toServer(usePreferences.getState())
      return (await request<Stored>('PUT', '/users/me/settings', { body })).data
    },
    onSuccess: (stored) => queries.setQueryData(PREFERENCES_KEY, stored),
  })
}
