import { useTranslation } from 'react-i18next'

import { useKeyUsage } from '@/lib/api/keys'
import { formatCost, formatCount } from '@/lib/format'
import { Meter } from '@/ui/Meter'
import { classes } from '@/ui/classes'

import { type QuotaLine, quotaLines } from './quota'

const FILL = { ok: 'ok', near: 'amber', over: 'red' } as const
const TEXT = { ok: 'text-muted', near: 'text-warn', over: 'text-danger' } as const

/** How much of each limit is used; from 80 % on it says so. */
export function KeyQuotaMeters({ id }: { readonly id: string }) {
  const { data } = useKeyUsage(id)
  if (data === undefined) return null
  return (
    <div className="mt-3 grid gap-x-6 gap-y-3 border-t border-line pt-3 sm:grid-cols-2">
      {quotaLines(data).map((line) => (
        <Line key={line.name} line={line} />
      ))}
    </div>
  )
}

function Line({ line }: { readonly line: QuotaLine }) {
  const { t, i18n } = useTranslation()
  const format = line.measure === 'calls' ? formatCount : formatCost
  const [used, limit] = [line.used, line.limit].map((value) => format(value, i18n.language))
  const text = t('keys.quota.used', { used, limit })
  return (
    <div>
      <p className={classes('mb-1 flex flex-wrap justify-between gap-x-3 text-[0.8125rem]', TEXT[line.state])}>
        <span>{t(`keys.quota.${line.name}`)}</span>
        <span className="tabular-nums">
          {text}
          {line.state === 'ok' ? null : ` · ${t(`keys.quota.${line.state}`)}`}
        </span>
      </p>
      <Meter label={t(`keys.quota.${line.name}`)} used={line.used} maximum={line.limit} text={text} fill={FILL[line.state]} />
    </div>
  )
}
