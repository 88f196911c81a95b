/** That the person's list of rooms is another one than it was: here, or on another device. */
import { create } from 'zustand'

import type { RoomsData } from '@/contracts/protocol'

export const useRoomNews = create<{ readonly heard: RoomsData | null }>(() => ({ heard: null }))

export function noteRoomsChange(heard: RoomsData): void {
  useRoomNews.setState({ heard })
}
