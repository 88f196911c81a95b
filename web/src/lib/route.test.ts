import { expect, test } from 'vitest'

import { ADMIN_SECTIONS, type Route, SETTINGS_SECTIONS, parsePath, pathOf } from './route'

const ROOM = '01900000-0000-7000-8000-000000000001'

test('every page has an address that leads back to it', () => {
  const routes: Route[] = [
    { page: 'home' },
    { page: 'new-room' },
    { page: 'keys' },
    { page: 'personas' },
    { page: 'room', sessionId: ROOM },
    ...SETTINGS_SECTIONS.map((section): Route => ({ page: 'settings', section })),
    ...ADMIN_SECTIONS.map((section): Route => ({ page: 'admin', section })),
  ]
  for (const route of routes) expect(parsePath(pathOf(route))).toEqual(route)
})

test('addresses that mean nothing lead home', () => {
  for (const path of ['/nowhere', '/rooms', '/rooms/not-an-id', '//']) expect(parsePath(path)).toEqual({ page: 'home' })
})

test('settings and administration begin with their first page', () => {
  expect(parsePath('/settings')).toEqual({ page: 'settings', section: 'account' })
  expect(parsePath('/settings/nothing')).toEqual({ page: 'settings', section: 'account' })
  expect(parsePath('/admin')).toEqual({ page: 'admin', section: 'people' })
})
