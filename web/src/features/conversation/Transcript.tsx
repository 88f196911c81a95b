import { ArrowDown } from 'lucide-react'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'

import type { Participant, SessionView } from '@/contracts/protocol'
import { useLiveState, usePendingPosts, usePins, useTranscript, useWindowEdges } from '@/realtime/hooks'
import type { WindowEdge as Edge } from '@/realtime/meters'
import { type TranscriptItem, passagesOf } from '@/realtime/transcript'
import { Button } from '@/ui/Button'

import { EmptyRoom } from './EmptyRoom'
import { FailedReply } from './FailedReply'
import { PendingMessage } from './PendingMessage'
import { FinishedReply } from './FinishedReply'
import { RunningReply } from './RunningReply'
import { SwitchNote } from './SwitchNote'
import { UserBubble } from './UserBubble'
import { WindowEdge } from './WindowEdge'
import { useEarlier } from './useEarlier'
import { useLeading } from './useLeading'
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
  const earlier = useEarlier(session.id)
  const pins = new Set(usePins(session.id))
  const edges = useWindowEdges(session.id)
  const { frame, content, atBottom, toBottom, letGo } = useStickToBottom()
  useLeading(session.id, { content, loadEarlier: earlier.load, letGo })
  const seats = new Map(session.participants.map((participant) => [participant.id, participant]))

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
          {earlier.more ? (
            <div className="mb-4 flex justify-center">
              <Button small look="ghost" busy={earlier.busy} onClick={earlier.show}>
                {t('room.earlier')}
              </Button>
            </div>
          ) : null}
          {items.length === 0 && pending.length === 0 ? <EmptyRoom session={session} onAddMembers={onAddMembers} /> : null}
          {passagesOf(items).map((passage) => (
            <div key={passage[0]?.key} className="transcript-passage">
              {passage.map((item) => (
                <div key={item.key} className="transcript-item">
                  <Item
                    item={item}
                    sessionId={session.id}
                    seats={seats}
                    pinned={pins.has(messageIdOf(item) ?? '')}
                    onOpenKeys={onOpenKeys}
                  />
                  <Edges edges={edges.get(messageIdOf(item) ?? '')} seats={seats} />
                </div>
              ))}
            </div>
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
  readonly pinned: boolean
  readonly onOpenKeys: () => void
}

function Item({ item, sessionId, seats, pinned, onOpenKeys }: ItemProps) {
  const { i18n } = useTranslation()
  if (item.kind === 'switched') return <SwitchNote change={item} />
  if (item.kind === 'message') {
    const names = (item.message.to ?? []).flatMap((id) => seats.get(id)?.name ?? [])
    const asked = new Intl.ListFormat(i18n.language).format(names)
    return <UserBubble sessionId={sessionId} message={item.message} pinned={pinned} asked={asked} />
  }
  if (item.kind === 'running') {
    return <RunningReply sessionId={sessionId} turnId={item.turnId} seat={seats.get(item.participantId)} />
  }
  const { end } = item
  const seat = seats.get(end.turn.participant_id)
  if (end.kind === 'reply') {
    return (
      <FinishedReply
        sessionId={sessionId}
        turn={end.turn}
        reply={end.reply}
        seat={seat}
        pinned={pinned}
        versions={item.versions}
      />
    )
  }
  return <FailedReply turn={end.turn} error={end.error} seat={seat} onOpenKeys={onOpenKeys} />
}

function messageIdOf(item: TranscriptItem): string | null {
  if (item.kind === 'message') return item.message.id
  return item.kind === 'ended' ? item.end.turn.reply_id : null
}

interface EdgesProps {
  readonly edges: readonly Edge[] | undefined
  readonly seats: ReadonlyMap<string, Participant>
}

function Edges({ edges, seats }: EdgesProps) {
  if (!edges) return null
  const named = edges.flatMap(({ participantId, summarised }) => {
    const seat = seats.get(participantId)
    return seat ? [{ name: seat.name, summarised }] : []
  })
  const [blind, told] = [false, true].map((wanted) =>
    named.filter(({ summarised }) => summarised === wanted).map(({ name }) => name),
  )
  return (
    <>
      {blind?.length ? <WindowEdge names={blind} summarised={false} /> : null}
      {told?.length ? <WindowEdge names={told} summarised /> : null}
    </>
  )
}

/** Said only when a round ended otherwise than by everyone having answered. */
function RoundNote({ sessionId }: { readonly sessionId: string }) {
  const { t } = useTranslation()
  const reason = useLiveState(({ rooms }) => rooms[sessionId]?.lastRoundEnd?.reason)
  if (reason === undefined || reason === 'completed') return null
  return <p className="mt-6 text-center text-[0.8125rem] text-muted">{t(`roundEnd.${reason}`)}</p>
}
