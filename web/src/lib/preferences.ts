/** What a person prefers, as this device knows it. `public/theme.js` reads the same entry before the first paint. */
import { create } from 'zustand'
import { persist } from 'zustand/middleware'

export type Theme = 'system' | 'light' | 'dark'
export type Language = 'en' | 'zh'
export type FontSize = 'small' | 'medium' | 'large'
/** `mod-enter`: Ctrl or Cmd with Enter; Enter alone is then a new line. */
export type SendKey = 'enter' | 'mod-enter'

/** Answers in one transcript, or side by side in a column for each member. */
export type RoomView = 'transcript' | 'columns'

/** What follows the person to wherever they sign in. */
export interface SyncedPreferences {
  readonly theme: Theme
  /** Null: as the browser says. */
  readonly language: Language | null
  readonly fontSize: FontSize
  readonly sendKey: SendKey
  readonly roomView: RoomView
}

export interface Preferences extends SyncedPreferences {
  /** Whether the panel of members is open beside a conversation on a wide screen. */
  readonly membersOpen: boolean
  /** Whether the keyboard's shortcuts are heard here. */
  readonly shortcuts: boolean
  /** Whether a server's word was ever heard here. */
  readonly synced: boolean
}

export const DEFAULT_PREFERENCES: SyncedPreferences = {
  theme: 'system',
  language: null,
  fontSize: 'medium',
  sendKey: 'enter',
  roomView: 'transcript',
}

export const usePreferences = create<Preferences>()(
  persist((): Preferences => ({ ...DEFAULT_PREFERENCES, membersOpen: true, shortcuts: true, synced: false }), {
    name: 'palaver.preferences',
  }),
)
