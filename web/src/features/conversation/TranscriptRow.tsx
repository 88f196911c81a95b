import { memo } from 'react'
import { useTranslation } from 'react-i18next'

import type { Participant } from '@/contracts/protocol'
import type { Column } from '@/realtime/columns'
import type { WindowEdge as Edge } from '@/realtime/meters'
import type { TranscriptItem } from '@/realtime/transcript'
import { Button } from '@/ui/Button'

import { FailedReply } from './FailedReply'
import { FinishedReply } from './FinishedReply'
import { PendingMessage } from './PendingMessage'
import { RunningReply } from './RunningReply'
import { SwitchNote } from './SwitchNote'
import { UserBubble } from './UserBubble'
import { WindowEdge } from './WindowEdge'
import { type Row, messageIdOf } from './rows'
import type { Earlier } from './useEarlier'

interface EntryRoom {
  readonly sessionId: string
  readonly seats: ReadonlyMap<string, Participant>
  readonly pins: ReadonlySet<string>
  readonly edges: ReadonlyMap<string, readonly Edge[]>
  readonly onOpenKeys: () => void
}

interface TranscriptRowProps extends EntryRoom {
  readonly row: Row
  /** In the order of the columns, where answers stand side by side. */
  readonly columns: readonly Column[] | null
  readonly earlier: Earlier
}

export const TranscriptRow = memo(function TranscriptRow(props: TranscriptRowProps) {
  if (props.columns === null || props.row.kind === 'answers') return <RowContent {...props} />
  // Stays where it is while columns pass beneath it.
  return (
    <div className="sticky left-0 w-[100cqi] px-4 sm:px-6">
      <RowContent {...props} />
    </div>
  )
})

function RowContent({ row, columns, earlier, ...room }: TranscriptRowProps) {
  const { t } = useTranslation()
  switch (row.kind) {
    case 'earlier':
      return (
        <div className="mt-6 mb-4 flex justify-center">
          <Button small look="ghost" busy={earlier.busy} onClick={earlier.show}>
            {t('room.earlier')}
          </Button>
        </div>
      )
    case 'pending':
      return <PendingMessage post={row.post} />
    case 'roundEnd':
      return <p className="mt-6 text-center text-[0.8125rem] text-muted">{t(`roundEnd.${row.reason}`)}</p>
    case 'item':
      return <Entry item={row.item} {...room} />
    case 'answers':
      return (
        <div className="columns-row">
          {columns?.map(({ id }) => (
            <div key={id} className="min-w-0">
              {row.cells.get(id)?.map((item) => (
                <Entry key={item.key} item={item} {...room} />
              ))}
            </div>
          ))}
        </div>
      )
  }
}

interface EntryProps extends EntryRoom {
  readonly item: TranscriptItem
}

/** One thing that was said or happened, with what marks the place behind it. */
function Entry({ item, sessionId, seats, pins, edges, onOpenKeys }: EntryProps) {
  const messageId = messageIdOf(item) ?? ''
  return (
    <>
      <Item item={item} sessionId={sessionId} seats={seats} pinned={pins.has(messageId)} onOpenKeys={onOpenKeys} />
      <Edges edges={edges.get(messageId)} seats={seats} />
    </>
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
