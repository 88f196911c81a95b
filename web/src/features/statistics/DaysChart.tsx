import { useTranslation } from 'react-i18next'
import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'

import { formatCompact, formatCost, formatCount } from '@/lib/format'

import type { Day } from './series'

const HEIGHT = 240
const INPUT = 'var(--meter-ok)'
const OUTPUT = 'var(--accent)'

/** Tokens of each day, what was sent below what was answered. */
export function DaysChart({ days }: { readonly days: readonly Day[] }) {
  const { t, i18n } = useTranslation()
  const language = i18n.language
  return (
    <figure className="mt-4">
      <div aria-hidden="true" className="text-xs">
        <ResponsiveContainer width="100%" height={HEIGHT}>
          <BarChart data={[...days]} margin={{ top: 8, right: 0, bottom: 0, left: 0 }} accessibilityLayer={false}>
            <CartesianGrid vertical={false} stroke="var(--line)" />
            <XAxis dataKey="day" tickFormatter={(day: string) => dayText(day, language)} tickLine={false} stroke="var(--muted)" minTickGap={24} />
            <YAxis
              width={48}
              tickFormatter={(value: number) => formatCompact(value, language)}
              tickLine={false}
              axisLine={false}
              stroke="var(--muted)"
            />
            <Tooltip cursor={{ fill: 'var(--sunken)' }} content={DayTip} />
            <Bar dataKey="input" stackId="tokens" fill={INPUT} isAnimationActive={false} maxBarSize={36} />
            <Bar dataKey="output" stackId="tokens" fill={OUTPUT} isAnimationActive={false} maxBarSize={36} radius={[4, 4, 0, 0]} />
          </BarChart>
        </ResponsiveContainer>
      </div>
      <figcaption className="mt-2 flex gap-4 text-xs text-muted">
        <Legend color={INPUT} label={t('statistics.input')} />
        <Legend color={OUTPUT} label={t('statistics.output')} />
      </figcaption>
    </figure>
  )
}

interface DayTipProps {
  readonly active?: boolean
  readonly payload?: readonly { readonly payload?: unknown }[]
}

function DayTip({ active, payload }: DayTipProps) {
  const { t, i18n } = useTranslation()
  const language = i18n.language
  const day = payload?.[0]?.payload as Day | undefined
  if (!active || !day) return null
  return (
    <div className="rounded-xl border border-line bg-raised px-3 py-2 text-xs shadow-overlay">
      <p className="font-medium">{dayText(day.day, language)}</p>
      <p>{t('statistics.inputOf', { tokens: formatCount(day.input, language) })}</p>
      <p>{t('statistics.outputOf', { tokens: formatCount(day.output, language) })}</p>
      <p>{formatCost(day.cost, language)}</p>
    </div>
  )
}

function dayText(day: string, language: string): string {
  return new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', timeZone: 'UTC' }).format(new Date(day))
}

function Legend({ color, label }: { readonly color: string; readonly label: string }) {
  return (
    <span className="inline-flex items-center gap-1.5">
      <span aria-hidden="true" className="size-2.5 rounded-sm" style={{ background: color }} />
      {label}
    </span>
  )
}
