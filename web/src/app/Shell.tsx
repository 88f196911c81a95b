import { Menu as MenuIcon } from 'lucide-react'
import { Suspense, lazy, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { usePreferenceSync } from '@/lib/api/preferences'
import { type Route, useRoute } from '@/lib/route'
import { LiveRoomsContext } from '@/realtime/hooks'
import { IconButton } from '@/ui/IconButton'

import { AdminGate } from './AdminGate'
import { ConnectionBanner } from './ConnectionBanner'
import { HomePage } from './HomePage'
import { NewRoomPage } from './NewRoomPage'
import { RoomPage } from './RoomPage'
import { Shortcuts } from './Shortcuts'
import { Sidebar } from './Sidebar'
import { UpdateNote } from './UpdateNote'
import { keepDrafts } from './keepDrafts'
import { keepOutbox } from './keepOutbox'
import { live } from './live'
import { lookForUpdate } from './updates'
import { useKeyQuotaNews } from './useKeyQuotaNews'
import { useUnusualKeyNews } from './useUnusualKeyNews'
import { useModelNews } from './useModelNews'
import { useRoomListSync } from './useRoomListSync'

const KeysPage = lazy(async () => ({ default: (await import('@/features/keys/KeysPage')).KeysPage }))
const PersonasPage = lazy(async () => ({ default: (await import('@/features/personas/PersonasPage')).PersonasPage }))
const StatisticsPage = lazy(async () => ({ default: (await import('@/features/statistics/StatisticsPage')).StatisticsPage }))
const SettingsPage = lazy(async () => ({ default: (await import('@/features/settings/SettingsPage')).SettingsPage }))

/** Everything a signed-in person sees. */
export function Shell({ userId }: { readonly userId: string }) {
  const { t } = useTranslation()
  const route = useRoute()
  const [sidebarOpen, setSidebarOpen] = useState(false)
  useConnection(userId)
  useKeptDrafts(userId)
  useRoomListSync()
  usePreferenceSync()
  useKeyQuotaNews()
  useUnusualKeyNews()
  useModelNews()
  return (
    <LiveRoomsContext value={live}>
      <div className="flex h-dvh flex-col">
        <SkipToContent />
        <ConnectionBanner />
        <UpdateNote />
        <Shortcuts route={route} onShowRooms={() => setSidebarOpen(true)} />
        <div className="relative flex min-h-0 flex-1">
          <IconButton
            label={t('rooms.list')}
            aria-expanded={sidebarOpen}
            onClick={() => setSidebarOpen(true)}
            className="absolute top-2.5 left-3 z-10 md:hidden"
          >
            <MenuIcon size={20} />
          </IconButton>
          <Sidebar route={route} open={sidebarOpen} onClose={() => setSidebarOpen(false)} />
          <main id={CONTENT} tabIndex={-1} className="min-w-0 flex-1 focus:outline-none">
            {/* Pages beside the rooms are fetched when they are wanted. */}
            <Suspense fallback={null}>
              <Page route={route} />
            </Suspense>
          </main>
        </div>
      </div>
    </LiveRoomsContext>
  )
}

const CONTENT = 'content'

/** For the keyboard: past all rooms. A button, because what stands behind `#` in the address is read as a way in. */
function SkipToContent() {
  const { t } = useTranslation()
  return (
    <button
      type="button"
      onClick={() => document.getElementById(CONTENT)?.focus()}
      className="sr-only focus:not-sr-only focus:absolute focus:top-2 focus:left-2 focus:z-40 focus:rounded-xl focus:bg-raised focus:px-4 focus:py-2 focus:font-medium focus:shadow-overlay"
    >
      {t('skip')}
    </button>
  )
}

function Page({ route }: { readonly route: Route }) {
  switch (route.page) {
    case 'room':
      return <RoomPage key={route.sessionId} sessionId={route.sessionId} />
    case 'new-room':
      return <NewRoomPage />
    case 'keys':
      return <KeysPage />
    case 'personas':
      return <PersonasPage />
    case 'statistics':
      return <StatisticsPage />
    case 'admin':
      return <AdminGate section={route.section} />
    case 'settings':
      return <SettingsPage section={route.section} />
    default:
      return <HomePage />
  }
}

function useKeptDrafts(userId: string): void {
  useEffect(() => keepDrafts(userId), [userId])
}

function useConnection(userId: string): void {
  useEffect(() => {
    const forget = keepOutbox(userId)
    const retry = () => live.retryNow()
    const retryIfSeen = () => {
      if (!document.hidden) live.retryNow()
    }
    live.start()
    const forgetStatus = live.store.subscribe(({ status }, { status: before }) => {
      if (status.phase === 'online' && before.phase !== 'online') lookForUpdate()
    })
    window.addEventListener('online', retry)
    document.addEventListener('visibilitychange', retryIfSeen)
    return () => {
      window.removeEventListener('online', retry)
      document.removeEventListener('visibilitychange', retryIfSeen)
      forget()
      forgetStatus()
      live.stop()
    }
  }, [userId])
}
