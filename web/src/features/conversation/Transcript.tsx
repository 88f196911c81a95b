import { ArrowDown } from 'lucide-react'
import { Fragment, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { Participant, SessionView } from '@/contracts/protocol'
import { olderMessages } from '@/lib/api/sessions'
import { useLive, useLiveState, usePendingPosts, useTranscript } from '@/realtime/hooks'
import type { TranscriptItem } from '@/realtime/transcript'
import { Button } from '@/ui/Button'
import { toast } from '@/ui/toasts'
import { useFailureText } from '@/ui/useFailureText'

import { EmptyRoom } from './EmptyRoom'
import { FailedReply } from './FailedReply'
import { PendingMessage } from './PendingMessage'
import { FinishedReply } from './FinishedReply'
import { RunningReply } from './RunningReply'
import { UserBubble } from './UserBubble'
import { useStickToBottom } from './useStickToBottom'

interface TranscriptProps {
  readonly session: SessionView
  readonly onOpenKeys: () => void
  readonly onAddMembers: () => void
}

export function Transcript({ session, onOpenKeys, onAddMembers }: TranscriptProps) {
  const { t } = useTranslation()
  const items = useTranscript(session.id)
  const pending = usePendingPosts(session.id)
  const { frame, content, atBottom, toBottom } = useStickToBottom()
  const seats = new Map(session.participants.map((participant) => [participant.id, participant]))
  const firstRound = items[0] ? roundOf(items[0]) : null

  // Whoever says something wants to see it.
  const newest = pending.at(-1)?.clientMessageId
  useEffect(() => {
    if (newest !== undefined) toBottom()
  }, [newest, toBottom])

  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={frame}
        role="log"
        aria-live="off"
        aria-label={t('room.transcript')}
        tabIndex={0}
        className="scroll-quiet h-full overflow-y-auto overscroll-contain focus-visible:outline-offset-[-2px]"
      >
        <div ref={content} className="mx-auto flex min-h-full w-full max-w-3xl flex-col px-4 pt-6 pb-8 sm:px-6">
          {firstRound !== null && firstRound > 1 ? <EarlierButton sessionId={session.id} beforeRound={firstRound} /> : null}
          {items.length === 0 && pending.length === 0 ? <EmptyRoom session={session} onAddMembers={onAddMembers} /> : null}
          {items.map((item) => (
            <Fragment key={item.key}>
              <Item item={item} sessionId={session.id} seats={seats} onOpenKeys={onOpenKeys} />
            </Fragment>
          ))}
          {pending.map((post) => (
            <PendingMessage key={post.clientMessageId} post={post} />
          ))}
          <RoundNote sessionId={session.id} />
        </div>
      </div>
      {atBottom ? null : (
        <Button
          small
          onClick={toBottom}
          icon={<ArrowDown size={15} />}
          className="animate-rise absolute bottom-3 left-1/2 -translate-x-1/2 rounded-full! shadow-raised"
        >
          {t('room.latest')}
        </Button>
      )}
    </div>
  )
}

interface ItemProps {
  readonly item: TranscriptItem
  readonly sessionId: string
  readonly seats: ReadonlyMap<string, Participant>
  readonly onOpenKeys: () => void
}

function Item({ item, sessionId, seats, onOpenKeys }: ItemProps) {
  if (item.kind === 'message') return <UserBubble message={item.message} />
  if (item.kind === 'running') {
    return <RunningReply sessionId={sessionId} turnId={item.turnId} seat={seats.get(item.participantId)} />
  }
  const { end } = item
  const seat = seats.get(end.turn.participant_id)
  if (end.kind === 'reply') return <FinishedReply turn={end.turn} reply={end.reply} seat={seat} />
  return <FailedReply turn={end.turn} error={end.error} seat={seat} onOpenKeys={onOpenKeys} />
}

function roundOf(item: TranscriptItem): number | null {
  if (item.kind === 'message') return item.message.round
  return item.kind === 'ended' ? item.end.turn.round : null
}

function EarlierButton({ sessionId, beforeRound }: { readonly sessionId: string; readonly beforeRound: number }) {
  const { t } = useTranslation()
  const live = useLive()
  const failureText = useFailureText()
  const [busy, setBusy] = useState(false)
  const load = async () => {
    setBusy(true)
    try {
      live.addOlderPage(sessionId, await olderMessages(sessionId, beforeRound))
    } catch (failure) {
      toast(failureText(failure))
    } finally {
      setBusy(false)
    }
  }
  return (
    <div className="mb-4 flex justify-center">
      <Button small look="ghost" busy={busy} onClick={() => void load()}>
        {t('room.earlier')}
      </Button>
    </div>
  )
}

/** Said only when a round ended otherwise than by everyone having answered. */
function RoundNote({ sessionId }: { readonly sessionId: string }) {
  const { t } = useTranslation()
  const reason = useLiveState(({ rooms }) => rooms[sessionId]?.lastRoundEnd?.reason)
  if (reason === undefined || reason === 'completed') return null
  return <p className="mt-6 text-center text-[13px] text-muted">{t(`roundEnd.${reason}`)}</p>
}
