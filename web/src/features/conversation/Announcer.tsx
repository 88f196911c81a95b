import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useLive } from '@/realtime/hooks'
import type { EndedTurn } from '@/realtime/room'

/** As much of an answer as is read out; the rest is in the transcript. In characters. */
const READ_OUT = 280

/** Tells screen readers of finished answers only: tokens as they come would never let anyone listen. */
export function Announcer({ sessionId }: { readonly sessionId: string }) {
  const { t } = useTranslation()
  const live = useLive()
  const [spoken, setSpoken] = useState<readonly EndedTurn[]>([])
  useEffect(
    () =>
      live.store.subscribe((state, before) => {
        const [room, previous] = [state.rooms[sessionId], before.rooms[sessionId]]
        if (!room || !previous || room.ended === previous.ended) return
        const finished = Object.keys(previous.running).flatMap((turnId) => room.ended[turnId] ?? [])
        if (finished.length > 0) setSpoken(finished)
      }),
    [live, sessionId],
  )
  return (
    <div aria-live="polite" className="sr-only">
      {spoken.map((end) => (
        <p key={end.turn.turn_id}>
          {end.kind === 'reply'
            ? t('announce.answered', { name: end.turn.speaker, text: end.reply.text.slice(0, READ_OUT) })
            : t('announce.failed', { name: end.turn.speaker })}
        </p>
      ))}
    </div>
  )
}
