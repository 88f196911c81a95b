/** Figures of a period made ready to be drawn. Pure; days are those of UTC, as the server counts them. */
import type { DayTotal, ModelShare, Overview } from '@/contracts/rest'

export interface Day {
  readonly day: string
  readonly input: number
  readonly output: number
  readonly cost: number
}

export interface Share {
  readonly model: string
  readonly requests: number
  readonly tokens: number
  readonly cost: number
  /** Of all tokens of the period, 0 to 1. */
  readonly share: number
}

const DAY_MS = 86_400_000
/** More days than this are drawn as they are, without those on which nothing happened. */
const MOST_DAYS = 400

/** Every day from the first to the last, also those on which nothing happened. */
export function daysOf({ days, start_date, end_date }: Pick<Overview, 'days' | 'start_date' | 'end_date'>): Day[] {
  const known = new Map(days.map((total) => [total.day, drawn(total)]))
  const first = start_date ?? days[0]?.day
  if (first === undefined) return []
  const [from, to] = [Date.parse(first), Date.parse(end_date)]
  const count = Math.round((to - from) / DAY_MS) + 1
  if (count > MOST_DAYS) return [...known.values()]
  return Array.from({ length: Math.max(count, 0) }, (_, place) => {
    const day = new Date(from + place * DAY_MS).toISOString().slice(0, 10)
    return known.get(day) ?? { day, input: 0, output: 0, cost: 0 }
  })
}

function drawn({ day, tokens_input, tokens_output, cost }: DayTotal): Day {
  return { day, input: tokens_input, output: tokens_output, cost: Number(cost) }
}

/** Models by their tokens, the most first. */
export function sharesOf(models: readonly ModelShare[]): Share[] {
  const all = models.reduce((sum, { tokens_input, tokens_output }) => sum + tokens_input + tokens_output, 0)
  return models
    .map(({ model_id, requests, tokens_input, tokens_output, cost }) => {
      const tokens = tokens_input + tokens_output
      return { model: model_id, requests, tokens, cost: Number(cost), share: all > 0 ? tokens / all : 0 }
    })
    .toSorted((a, b) => b.tokens - a.tokens || a.model.localeCompare(b.model))
}
