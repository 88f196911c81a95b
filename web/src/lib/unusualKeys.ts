/** Keys that were used unusually while this page was open, until somebody has looked at the keys. */
import { create } from 'zustand'

import type { KeyUnusualData } from '@/contracts/protocol'

export const useUnusualKeys = create<readonly KeyUnusualData[]>(() => [])

export function noteUnusualKey(heard: KeyUnusualData): void {
  useUnusualKeys.setState((known) => [...known, heard], true)
}

export function forgetUnusualKeys(): void {
  useUnusualKeys.setState([], true)
}
