import { useEffect, useEffectEvent } from 'react'

import { leadTo } from '@/features/conversation/reading'
import { useStop } from '@/features/conversation/useStop'
import { useChangePreferences } from '@/lib/api/preferences'
import { usePreferences } from '@/lib/preferences'
import { type Route, navigate } from '@/lib/route'

import { ShortcutsModal } from './ShortcutsModal'
import { useShortcutList } from './shortcutList'
import { type Shortcut, type Writing, shortcutOf } from './shortcuts'

const MAC = /Mac|iPhone|iPad/.test(navigator.platform)
/** What takes letters for itself. */
const OVERLAYS = 'dialog[open], [role=menu]'
const ROOMS = 'aside nav a[href^="/rooms/"]'

interface ShortcutsProps {
  readonly route: Route
  /** Bring the list of rooms into sight where it is put away. */
  readonly onShowRooms: () => void
}

/** Hears the keyboard for all of the page. */
export function Shortcuts({ route, onShowRooms }: ShortcutsProps) {
  const listed = useShortcutList(({ open }) => open)
  const room = route.page === 'room' ? route.sessionId : null
  const stop = useStop(room ?? '')
  const change = useChangePreferences()
  const act: Record<Shortcut, () => void> = {
    newRoom: () => navigate({ page: 'new-room' }),
    search: () => {
      onShowRooms()
      // It can be focused when it is there.
      requestAnimationFrame(() => document.querySelector<HTMLElement>(`aside input[type=search], ${ROOMS}`)?.focus())
    },
    previous: () => openBeside(room, -1),
    next: () => openBeside(room, 1),
    write: () => document.querySelector<HTMLElement>('[data-composer]')?.focus(),
    latest: () => room && leadTo(room, null),
    columns: () => room && change({ roomView: usePreferences.getState().roomView === 'columns' ? 'transcript' : 'columns' }),
    stop: () => room && stop(),
    list: () => useShortcutList.setState({ open: true }),
  }
  const onKeyDown = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || !usePreferences.getState().shortcuts || document.querySelector(OVERLAYS)) return
    const shortcut = shortcutOf(event, writingInto(event.target), MAC)
    if (shortcut === null) return
    event.preventDefault()
    act[shortcut]()
  })
  useEffect(() => {
    const hear = (event: KeyboardEvent) => onKeyDown(event)
    document.addEventListener('keydown', hear)
    return () => document.removeEventListener('keydown', hear)
  }, [])
  return listed ? <ShortcutsModal mac={MAC} /> : null
}

/** The rooms as the list shows them now: searched, grouped, folded. */
function openBeside(room: string | null, step: 1 | -1): void {
  const ids = [...document.querySelectorAll<HTMLAnchorElement>(ROOMS)]
    .filter((link) => link.checkVisibility())
    .map(({ pathname }) => pathname.slice('/rooms/'.length))
  const at = room === null ? -1 : ids.indexOf(room)
  const sessionId = ids[at < 0 ? 0 : at + step]
  if (sessionId !== undefined) navigate({ page: 'room', sessionId })
}

function writingInto(target: EventTarget | null): Writing {
  const field = target instanceof HTMLElement ? target.closest<HTMLElement>('input, textarea, select, [contenteditable]') : null
  if (!field) return 'nothing'
  if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) return field.value === '' ? 'empty' : 'text'
  return 'text'
}
