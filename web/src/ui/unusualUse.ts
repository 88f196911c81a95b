import type { TFunction } from 'i18next'

import type { KeyUnusual } from '@/contracts/rest'
import { formatCost, formatCount } from '@/lib/format'

/** What was unusual about a day of a key, and what is usual, in the measure of the rule. */
export function unusualText(t: TFunction, language: string, { rule, amount, usual }: Omit<KeyUnusual, 'day'>): string {
  const written = (figure: string) =>
    rule === 'dollars' ? formatCost(Number(figure), language) : formatCount(Math.round(Number(figure)), language)
  return t(`keys.unusual.${rule}`, { amount: written(amount), usual: written(usual) })
}
