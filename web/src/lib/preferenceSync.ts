/** How what the server keeps of a person's preferences and what this device knows become one. */
import type { Preferences as Stored } from '@/contracts/rest'

import { DEFAULT_PREFERENCES, type Preferences, type SyncedPreferences } from './preferences'

export function fromServer(stored: Stored): SyncedPreferences {
  return {
    theme: stored.theme ?? 'system',
    language: stored.language ?? null,
    fontSize: stored.font_size ?? 'medium',
    sendKey: stored.send_key ?? 'enter',
    roomView: stored.room_view ?? 'transcript',
  }
}

export function toServer({ theme, language, fontSize, sendKey, roomView }: SyncedPreferences): Stored {
  return {
    theme: theme === 'system' ? null : theme,
    language,
    font_size: fontSize,
    send_key: sendKey,
    room_view: roomView,
  }
}

/**
 * Whether the server is to be told what was chosen here: its word counts, but whoever never chose anything anywhere keeps
 * what they chose on this device before they signed in the first time.
 */
export function isNewsToServer(here: Preferences, stored: Stored): boolean {
  return !here.synced && same(fromServer(stored), DEFAULT_PREFERENCES) && !same(here, DEFAULT_PREFERENCES)
}

function same(one: SyncedPreferences, other: SyncedPreferences): boolean {
  return JSON.stringify(toServer(one)) === JSON.stringify(toServer(other))
}
