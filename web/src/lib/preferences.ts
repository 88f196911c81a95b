/** What a person prefers on this device. `public/theme.js` reads the same entry before the first paint. */
import { create } from 'zustand'
import { persist } from 'zustand/middleware'

export type Theme = 'system' | 'light' | 'dark'
export type Language = 'en' | 'zh'

export interface Preferences {
  readonly theme: Theme
  /** Null: as the browser says. */
  readonly language: Language | null
  /** Whether the panel of members is open beside a conversation on a wide screen. */
  readonly membersOpen: boolean
}

export const usePreferences = create<Preferences>()(
  persist((): Preferences => ({ theme: 'system', language: null, membersOpen: true }), { name: 'palaver.preferences' }),
)
