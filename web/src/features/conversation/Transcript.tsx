import { ArrowDown } from 'lucide-react'
import { type CSSProperties, useLayoutEffect, useMemo } from 'react'
import { useTranslation } from 'react-i18next'

import type { SessionView } from '@/contracts/protocol'
import { usePreferences } from '@/lib/preferences'
import { columnsOf } from '@/realtime/columns'
import { useLiveState, usePendingPosts, usePins, useTranscript, useWindowEdges } from '@/realtime/hooks'
import { Button } from '@/ui/Button'
import { classes } from '@/ui/classes'

import { ColumnHeads } from './ColumnHeads'
import { EmptyRoom } from './EmptyRoom'
import { TranscriptRow } from './TranscriptRow'
import { rowsOf } from './rows'
import { useEarlier } from './useEarlier'
import { useKeptPlace } from './useKeptPlace'
import { useLeading } from './useLeading'
import { useTranscriptWindow } from './useTranscriptWindow'

/** The height of what stands above columns (`columns-heads`), in pixels. */
const HEADS_PX = 44

interface TranscriptProps {
  readonly session: SessionView
  readonly onOpenKeys: () => void
  readonly onAddMembers: () => void
}

export function Transcript({ session, onOpenKeys, onAddMembers }: TranscriptProps) {
  const { t } = useTranslation()
  const { id: sessionId, participants } = session
  const items = useTranscript(sessionId)
  const pending = usePendingPosts(sessionId)
  const earlier = useEarlier(sessionId)
  const pinned = usePins(sessionId)
  const edges = useWindowEdges(sessionId)
  const lastRoundEnd = useLiveState(({ rooms }) => rooms[sessionId]?.lastRoundEnd ?? null)
  const view = usePreferences(({ roomView }) => roomView)
  const comparing = view === 'columns' && items.length > 0
  const rows = useMemo(
    () => rowsOf({ items, pending, earlier: earlier.more, lastRoundEnd, comparing }),
    [items, pending, earlier.more, lastRoundEnd, comparing],
  )
  const columns = useMemo(() => (comparing ? columnsOf(items, participants) : null), [comparing, items, participants])
  const seats = useMemo(() => new Map(participants.map((seat) => [seat.id, seat])), [participants])
  const pins = useMemo(() => new Set(pinned), [pinned])
  const window = useTranscriptWindow(rows, comparing ? HEADS_PX : 0)
  const { frame, frameRef, virtualizer, atEnd, toEnd } = window
  const { containerRef, measureElement } = virtualizer
  useLeading(sessionId, { rows, window, loadEarlier: earlier.load })

  useKeptPlace(rows, window)

  // Who enters reads what was said last, and who says something wants to see it.
  const newest = pending.at(-1)?.clientMessageId
  useLayoutEffect(toEnd, [frame, newest, toEnd])

  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={frameRef}
        role="log"
        aria-live="off"
        aria-label={t('room.transcript')}
        tabIndex={0}
        className={classes(
          'scroll-quiet h-full overflow-y-auto overscroll-contain [overflow-anchor:none] focus-visible:outline-offset-[-2px]',
          comparing && 'columns-frame overflow-x-auto',
        )}
      >
        <div
          data-view={view}
          style={columns ? ({ '--columns': columns.length } as CSSProperties) : undefined}
          className={columns ? 'columns-view' : 'mx-auto flex min-h-full w-full max-w-3xl flex-col px-4 sm:px-6'}
        >
          {columns ? <ColumnHeads sessionId={sessionId} columns={columns} /> : null}
          {rows.length === 0 ? <EmptyRoom session={session} onAddMembers={onAddMembers} /> : null}
          <div ref={containerRef} className="relative shrink-0">
            {virtualizer.getVirtualItems().map(({ key, index }) => (
              <div key={key} ref={measureElement} data-index={index} className="absolute inset-x-0 [contain:layout_style]">
                {rows[index] ? (
                  <TranscriptRow
                    row={rows[index]}
                    columns={columns}
                    sessionId={sessionId}
                    seats={seats}
                    pins={pins}
                    edges={edges}
                    earlier={earlier}
                    onOpenKeys={onOpenKeys}
                  />
                ) : null}
              </div>
            ))}
          </div>
        </div>
      </div>
      {atEnd ? null : (
        <Button
          small
          onClick={toEnd}
          icon={<ArrowDown size={15} />}
          className="animate-rise absolute bottom-3 left-1/2 -translate-x-1/2 rounded-full! shadow-raised"
        >
          {t('room.latest')}
        </Button>
      )}
    </div>
  )
}
