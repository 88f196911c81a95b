/** Keys that came near a quota or used one up while this page was open, until somebody has looked at the keys. */
import { create } from 'zustand'

import type { KeyQuotaData } from '@/contracts/protocol'

export const useKeyQuotas = create<readonly KeyQuotaData[]>(() => [])

/** The newest word about a limit of a key replaces the one before. */
export function noteKeyQuota(heard: KeyQuotaData): void {
  useKeyQuotas.setState((known) => [...known.filter((one) => !isSame(one, heard)), heard], true)
}

export function forgetKeyQuotas(): void {
  useKeyQuotas.setState([], true)
}

function isSame(one: KeyQuotaData, other: KeyQuotaData): boolean {
  return one.key_id === other.key_id && one.measure === other.measure && one.period === other.period
}
