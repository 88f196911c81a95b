import { expect, test } from 'vitest'

import { type Route, parsePath, pathOf } from './route'

const ROOM = '01900000-0000-7000-8000-000000000001'

test('every page has an address that leads back to it', () => {
  const routes: Route[] = [{ page: 'home' }, { page: 'new-room' }, { page: 'keys' }, { page: 'personas' }, { page: 'room', sessionId: ROOM }]
  for (const route of routes) expect(parsePath(pathOf(route))).toEqual(route)
})

test('addresses that mean nothing lead home', () => {
  for (const path of ['/nowhere', '/rooms', '/rooms/not-an-id', '//']) expect(parsePath(path)).toEqual({ page: 'home' })
})
