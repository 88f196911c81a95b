import { expect, test } from 'vitest'

import { fromServer, isNewsToServer, toServer } from './preferenceSync'
import { DEFAULT_PREFERENCES, type Preferences } from './preferences'

const DEVICE: Preferences = { ...DEFAULT_PREFERENCES, membersOpen: true, shortcuts: true, synced: false }

test('what is told to the server comes back as it was', () => {
  for (const chosen of [DEFAULT_PREFERENCES, { theme: 'dark', language: 'zh', fontSize: 'large', sendKey: 'mod-enter', roomView: 'columns' }] as const) {
    expect(fromServer(toServer(chosen))).toEqual(chosen)
  }
})

test('what is left to the device is told as null', () => {
  expect(toServer(DEFAULT_PREFERENCES)).toEqual({ theme: null, language: null, font_size: 'medium', send_key: 'enter', room_view: 'transcript' })
})

test('choices of a device go up once, if nothing is known there', () => {
  const chosen = { ...DEVICE, language: 'zh' } as const
  expect(isNewsToServer(chosen, {})).toBe(true)
  expect(isNewsToServer({ ...chosen, synced: true }, {})).toBe(false)
  expect(isNewsToServer(chosen, { theme: 'dark' })).toBe(false)
  expect(isNewsToServer(DEVICE, {})).toBe(false)
})
