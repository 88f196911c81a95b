/** Where the person is, as the address bar says it. The gateway serves the same page for every path of ours. */
import { useSyncExternalStore } from 'react'

export const SETTINGS_SECTIONS = ['account', 'security'] as const
export const ADMIN_SECTIONS = ['people', 'invitations', 'providers', 'models', 'limits', 'audit'] as const

export type SettingsSection = (typeof SETTINGS_SECTIONS)[number]
export type AdminSection = (typeof ADMIN_SECTIONS)[number]

export type Route =
  | { readonly page: 'home' }
  | { readonly page: 'new-room' }
  | { readonly page: 'room'; readonly sessionId: string }
  | { readonly page: 'keys' }
  | { readonly page: 'personas' }
  | { readonly page: 'statistics' }
  | { readonly page: 'settings'; readonly section: SettingsSection }
  | { readonly page: 'admin'; readonly section: AdminSection }

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export function parsePath(path: string): Route {
  const [first, second] = path.split('/').filter(Boolean)
  if (first === 'new') return { page: 'new-room' }
  if (first === 'keys' || first === 'personas' || first === 'statistics') return { page: first }
  if (first === 'rooms' && second !== undefined && UUID.test(second)) return { page: 'room', sessionId: second }
  if (first === 'settings') return { page: first, section: SETTINGS_SECTIONS.find((one) => one === second) ?? 'account' }
  if (first === 'admin') return { page: first, section: ADMIN_SECTIONS.find((one) => one === second) ?? 'people' }
  return { page: 'home' }
}

export function pathOf(route: Route): string {
  switch (route.page) {
    case 'new-room':
      return '/new'
    case 'keys':
    case 'personas':
    case 'statistics':
      return `/${route.page}`
    case 'room':
      return `/rooms/${route.sessionId}`
    case 'settings':
    case 'admin':
      return `/${route.page}/${route.section}`
    default:
      return '/'
  }
}

const listeners = new Set<() => void>()

export function navigate(route: Route, { replace = false } = {}): void {
  history[replace ? 'replaceState' : 'pushState'](null, '', pathOf(route))
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  window.addEventListener('popstate', listener)
  return () => {
    listeners.delete(listener)
    window.removeEventListener('popstate', listener)
  }
}

const currentPath = () => location.pathname

export function useRoute(): Route {
  return parsePath(useSyncExternalStore(subscribe, currentPath))
}
