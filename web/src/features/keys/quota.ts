/** What of a key's quota is used, and whether that is much. */
import type { KeyQuotaInput, KeyQuotaOutput, KeyUsage } from '@/contracts/rest'

/** From this share on the keeper is told, by a notice as well. */
export const NEAR = 0.8

export type QuotaState = 'ok' | 'near' | 'over'

export const LIMITS = ['calls_per_day', 'calls_per_month', 'dollars_per_day', 'dollars_per_month'] as const
export type LimitName = (typeof LIMITS)[number]

export interface QuotaLine {
  readonly name: LimitName
  readonly measure: 'calls' | 'dollars'
  readonly used: number
  readonly limit: number
  readonly state: QuotaState
}

export function stateOf(used: number, limit: number): QuotaState {
  if (used >= limit) return 'over'
  return used >= NEAR * limit ? 'near' : 'ok'
}

/** One line for each limit that is set. */
export function quotaLines({ quota, today, month }: Pick<KeyUsage, 'quota' | 'today' | 'month'>): QuotaLine[] {
  return LIMITS.flatMap((name) => {
    const limit = quota[name]
    if (limit === null) return []
    const use = name.endsWith('day') ? today : month
    const measure = name.startsWith('calls') ? 'calls' : 'dollars'
    const used = Number(measure === 'calls' ? use.calls : use.cost)
    return [{ name, measure, used, limit: Number(limit), state: stateOf(used, Number(limit)) }]
  })
}

export function hasQuota(quota: KeyQuotaOutput): boolean {
  return LIMITS.some((name) => quota[name] !== null)
}

/** As a form says it; what is left empty has no limit. */
export function quotaOf(form: FormData): KeyQuotaInput {
  return Object.fromEntries(
    LIMITS.flatMap((name) => {
      const text = String(form.get(name) ?? '').trim()
      if (text === '') return []
      return [[name, name.startsWith('calls') ? Number(text) : text]]
    }),
  )
}
