import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { Overview } from '@/contracts/rest'
import { PERIODS, type Period, useOverview } from '@/lib/api/statistics'
import { formatCompact, formatCost, formatCount, formatShare } from '@/lib/format'
import { Loaded } from '@/ui/Loaded'
import { PageFrame } from '@/ui/PageFrame'
import { Segmented } from '@/ui/Segmented'

import { DaysChart } from './DaysChart'
import { daysOf, sharesOf } from './series'

/** What one's rooms used: in all, day by day, and model by model. */
export function StatisticsPage() {
  const { t } = useTranslation()
  const [period, setPeriod] = useState<Period>('7d')
  const overview = useOverview(period)
  return (
    <PageFrame
      wide
      title={t('statistics.title')}
      about={t('statistics.about')}
      action={
        <Segmented
          label={t('statistics.period')}
          value={period}
          options={PERIODS.map((value) => ({ value, label: t(`statistics.periods.${value}`) }))}
          onChange={setPeriod}
        />
      }
    >
      <div className="mt-8">
        <Loaded query={overview}>
          {(found) => (found.requests === 0 ? <p className="text-muted">{t('statistics.none')}</p> : <Figures overview={found} />)}
        </Loaded>
      </div>
    </PageFrame>
  )
}

function Figures({ overview }: { readonly overview: Overview }) {
  const { t, i18n } = useTranslation()
  const language = i18n.language
  const totals = [
    { label: t('statistics.cost'), value: formatCost(Number(overview.cost), language) },
    { label: t('statistics.input'), value: formatCompact(overview.tokens_input, language) },
    { label: t('statistics.output'), value: formatCompact(overview.tokens_output, language) },
    { label: t('statistics.requests'), value: formatCount(overview.requests, language) },
  ]
  return (
    <>
      <dl className="grid grid-cols-2 gap-3 sm:grid-cols-4">
        {totals.map(({ label, value }) => (
          <div key={label} className="rounded-2xl border border-line bg-raised px-4 py-3.5">
            <dt className="text-xs text-muted">{label}</dt>
            <dd className="mt-1 text-xl font-semibold tabular-nums">{value}</dd>
          </div>
        ))}
      </dl>
      {overview.estimated > 0 ? (
        <p className="mt-2 text-xs text-muted">{t('statistics.estimated', { count: overview.estimated })}</p>
      ) : null}
      <h2 className="mt-10 font-medium">{t('statistics.byDay')}</h2>
      <DaysChart days={daysOf(overview)} />
      <h2 className="mt-10 font-medium">{t('statistics.byModel')}</h2>
      <Models overview={overview} />
    </>
  )
}

function Models({ overview }: { readonly overview: Overview }) {
  const { t, i18n } = useTranslation()
  const language = i18n.language
  const figure = 'py-2.5 pl-4 text-right tabular-nums'
  return (
    <div className="mt-3 overflow-x-auto">
      <table className="w-full text-sm">
        <thead>
          <tr className="border-b border-line text-left text-xs text-muted">
            <th scope="col" className="py-2 font-medium">
              {t('statistics.model')}
            </th>
            <th scope="col" className="w-1/3 py-2 pl-4 font-medium">
              {t('statistics.share')}
            </th>
            <th scope="col" className="py-2 pl-4 text-right font-medium">
              {t('statistics.tokens')}
            </th>
            <th scope="col" className="py-2 pl-4 text-right font-medium">
              {t('statistics.requests')}
            </th>
            <th scope="col" className="py-2 pl-4 text-right font-medium">
              {t('statistics.cost')}
            </th>
          </tr>
        </thead>
        <tbody>
          {sharesOf(overview.models).map(({ model, requests, tokens, cost, share }) => (
            <tr key={model} className="border-b border-line">
              <th scope="row" className="max-w-48 truncate py-2.5 text-left font-normal">
                {model}
              </th>
              <td className="py-2.5 pl-4 text-xs tabular-nums">
                {formatShare(share, language)}
                <span aria-hidden="true" className="mt-1 block h-1.5 overflow-hidden rounded-full bg-sunken">
                  <span className="block h-full rounded-full bg-accent" style={{ width: `${share * 100}%` }} />
                </span>
              </td>
              <td className={figure}>{formatCompact(tokens, language)}</td>
              <td className={figure}>{formatCount(requests, language)}</td>
              <td className={figure}>{formatCost(cost, language)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
