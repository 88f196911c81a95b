import { Search } from 'lucide-react'
import { type ReactNode, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { SessionView } from '@/contracts/protocol'
import { useSessions } from '@/lib/api/sessions'
import { type Age, ageOf } from '@/lib/format'
import { roomTitle } from '@/lib/roomTitle'
import { Button } from '@/ui/Button'

import { RoomRow } from './RoomRow'

/** With fewer rooms than this a search field is in the way. */
const SEARCH_FROM = 6
const AGES: readonly Age[] = ['today', 'yesterday', 'week', 'older']

interface RoomListProps {
  readonly openRoom: string | null
  readonly onOpen: (sessionId: string) => void
  readonly onDeleted: (sessionId: string) => void
}

export function RoomList({ openRoom, onOpen, onDeleted }: RoomListProps) {
  const { t } = useTranslation()
  const sessions = useSessions()
  const [wanted, setWanted] = useState('')
  const rooms = sessions.data ?? []
  const groups = useGroups(rooms, wanted, sessions.dataUpdatedAt)

  if (sessions.isPending) return <Placeholder />
  if (sessions.isError) {
    return (
      <div className="px-3 py-4 text-sm text-muted">
        <p>{t('rooms.notLoaded')}</p>
        <Button small className="mt-3" onClick={() => void sessions.refetch()}>
          {t('tryAgain')}
        </Button>
      </div>
    )
  }
  if (rooms.length === 0) return <p className="px-3 py-4 text-sm text-muted">{t('rooms.none')}</p>
  return (
    <nav aria-label={t('rooms.list')} className="flex min-h-0 flex-1 flex-col">
      {rooms.length >= SEARCH_FROM ? <Filter value={wanted} onChange={setWanted} /> : null}
      <div className="scroll-quiet -mx-1 min-h-0 flex-1 overflow-y-auto px-1 pb-3">
        {groups.map(([group, members]) => (
          <Group key={group} name={group} openAtFirst={wanted !== '' || members.some(({ id }) => id === openRoom)}>
            {members.map((room) => (
              <RoomRow
                key={room.id}
                room={room}
                open={room.id === openRoom}
                onOpen={() => onOpen(room.id)}
                onDeleted={() => onDeleted(room.id)}
              />
            ))}
          </Group>
        ))}
        {groups.length === 0 ? <p className="px-3 py-4 text-sm text-muted">{t('rooms.noMatch')}</p> : null}
      </div>
    </nav>
  )
}

type GroupName = Age | 'archived'
const GROUPS: readonly GroupName[] = [...AGES, 'archived']

interface GroupProps {
  readonly name: GroupName
  readonly openAtFirst: boolean
  readonly children: ReactNode
}

/** Archived rooms stay folded until they are wanted. */
function Group({ name, openAtFirst, children }: GroupProps) {
  const { t } = useTranslation()
  const heading = 'px-3 pt-4 pb-1.5 text-xs font-medium text-muted'
  const list = <ul className="flex flex-col gap-0.5">{children}</ul>
  if (name === 'archived') {
    return (
      <details key={String(openAtFirst)} open={openAtFirst}>
        <summary className={`${heading} cursor-pointer rounded-lg`}>{t('rooms.archived')}</summary>
        {list}
      </details>
    )
  }
  return (
    <section aria-label={t(`rooms.${name}`)}>
      <h3 className={heading}>{t(`rooms.${name}`)}</h3>
      {list}
    </section>
  )
}

function useGroups(rooms: readonly SessionView[], wanted: string, readAt: number): [GroupName, SessionView[]][] {
  return useMemo(() => {
    const needle = wanted.trim().toLocaleLowerCase()
    const now = new Date(readAt)
    const shown = rooms
      .filter((room) => roomTitle(room, '').toLocaleLowerCase().includes(needle))
      .toSorted((a, b) => b.updated_at.localeCompare(a.updated_at))
    const groupOf = (room: SessionView) => (room.archived ? 'archived' : ageOf(room.updated_at, now))
    return GROUPS.map((name): [GroupName, SessionView[]] => [name, shown.filter((room) => groupOf(room) === name)]).filter(
      ([, members]) => members.length > 0,
    )
  }, [rooms, wanted, readAt])
}

function Filter({ value, onChange }: { readonly value: string; readonly onChange: (value: string) => void }) {
  const { t } = useTranslation()
  return (
    <label className="relative mt-1 block">
      <span className="sr-only">{t('rooms.search')}</span>
      <Search size={15} aria-hidden="true" className="absolute top-1/2 left-3 -translate-y-1/2 text-muted" />
      <input
        type="search"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        placeholder={t('rooms.search')}
        className="h-9 w-full rounded-xl border border-transparent bg-sunken pr-3 pl-9 text-sm focus:border-line-strong focus:bg-raised focus:outline-none"
      />
    </label>
  )
}

function Placeholder() {
  return (
    <div aria-hidden="true" className="flex flex-col gap-3 px-3 py-5">
      {[80, 60, 70].map((width) => (
        <span key={width} className="h-3 animate-pulse rounded-full bg-sunken" style={{ width: `${width}%` }} />
      ))}
    </div>
  )
}
