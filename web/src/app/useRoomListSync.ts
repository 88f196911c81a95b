/** The room list follows what happens in open rooms: a new title or member shows at once, a deleted room goes. */
import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'

import type { SessionView } from '@/contracts/protocol'
import { SESSIONS_KEY } from '@/lib/api/sessions'

import { live } from './live'

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
}
