/** The room list follows what happens to rooms, here and on other devices: new ones, titles and members show at once. */
import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'

import type { SessionView } from '@/contracts/protocol'
import { SESSIONS_KEY } from '@/lib/api/sessions'
import { useRoomNews } from '@/lib/roomNews'

import { live } from './live'

/** Several rooms that change together are read once. */
const GATHER_MS = 250

export function useRoomListSync(): void {
  const queries = useQueryClient()
  useEffect(
    () =>
      live.store.subscribe(({ rooms }, { rooms: before }) => {
        if (rooms === before) return
        for (const { session, deleted, sessionId } of Object.values(rooms)) {
          if (deleted) queries.setQueryData<SessionView[]>(SESSIONS_KEY, (all) => all?.filter(({ id }) => id !== sessionId))
          else if (session !== before[sessionId]?.session) {
            queries.setQueryData<SessionView[]>(SESSIONS_KEY, (all) =>
              all?.map((known) => (known.id === sessionId ? session : known)),
            )
          }
        }
      }),
    [queries],
  )
  useEffect(() => {
    let gathering: ReturnType<typeof setTimeout> | undefined
    const forget = useRoomNews.subscribe(() => {
      clearTimeout(gathering)
      gathering = setTimeout(() => void queries.invalidateQueries({ queryKey: SESSIONS_KEY }), GATHER_MS)
    })
    return () => {
      clearTimeout(gathering)
      forget()
    }
  }, [queries])
}
