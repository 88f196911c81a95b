import { Plus, Trash2, X } from 'lucide-react'
import { Suspense, lazy, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { RoomList } from '@/features/rooms/RoomList'
import { type Route, navigate, pathOf } from '@/lib/route'
import { IconButton } from '@/ui/IconButton'
import { Wordmark } from '@/ui/Wordmark'
import { classes } from '@/ui/classes'

import { AccountMenu } from './AccountMenu'

const DeletedRooms = lazy(async () => ({ default: (await import('@/features/rooms/DeletedRooms')).DeletedRooms }))

interface SidebarProps {
  readonly route: Route
  readonly open: boolean
  readonly onClose: () => void
}

export function Sidebar({ route, open, onClose }: SidebarProps) {
  const { t } = useTranslation()
  const [showingDeleted, setShowingDeleted] = useState(false)
  const go = (to: Route) => {
    navigate(to)
    onClose()
  }
  const openRoom = route.page === 'room' ? route.sessionId : null
  return (
    <>
      {open ? (
        <button
          type="button"
          aria-label={t('close')}
          onClick={onClose}
          className="fixed inset-0 z-20 cursor-default bg-black/40 md:hidden"
        />
      ) : null}
      <aside
        aria-label={t('sidebar')}
        className={classes(
          'z-30 flex w-72 shrink-0 flex-col border-r border-line bg-surface px-3 pt-3.5 pb-3 transition-transform duration-200',
          'max-md:fixed max-md:inset-y-0 max-md:left-0 max-md:shadow-overlay',
          open ? '' : 'max-md:invisible max-md:-translate-x-full',
        )}
      >
        <div className="flex h-9 items-center justify-between pl-2">
          <a
            href={pathOf({ page: 'home' })}
            className="rounded-lg"
            onClick={(event) => {
              event.preventDefault()
              go({ page: 'home' })
            }}
          >
            <Wordmark />
          </a>
          <IconButton label={t('close')} onClick={onClose} className="md:hidden">
            <X size={18} />
          </IconButton>
        </div>
        <button
          type="button"
          onClick={() => go({ page: 'new-room' })}
          className="mt-4 mb-2 flex h-10 items-center gap-2.5 rounded-xl border border-line-strong bg-raised px-3 text-sm font-medium transition-colors hover:border-accent hover:text-accent"
        >
          <Plus size={17} aria-hidden="true" />
          {t('rooms.new')}
        </button>
        <div className="flex min-h-0 flex-1 flex-col">
          <RoomList
            openRoom={openRoom}
            onOpen={(sessionId) => go({ page: 'room', sessionId })}
            onDeleted={(sessionId) => {
              if (sessionId === openRoom) navigate({ page: 'home' })
            }}
          />
        </div>
        <button
          type="button"
          onClick={() => setShowingDeleted(true)}
          className="mb-1 flex items-center gap-2 self-start rounded-lg px-3 py-1.5 text-xs text-muted hover:bg-sunken hover:text-ink"
        >
          <Trash2 size={14} aria-hidden="true" />
          {t('rooms.deleted')}
        </button>
        {showingDeleted ? (
          <Suspense fallback={null}>
            <DeletedRooms onClose={() => setShowingDeleted(false)} />
          </Suspense>
        ) : null}
        <AccountMenu page={route.page} onOpen={go} />
      </aside>
    </>
  )
}
