import { useTranslation } from 'react-i18next'

import type { KeyDay, KeyUnusual, KeyUsage, KeyUse, KeyView } from '@/contracts/rest'
import { useKeyUsage } from '@/lib/api/keys'
import { formatCompact, formatCost, formatCount } from '@/lib/format'
import { Loaded } from '@/ui/Loaded'
import { Modal } from '@/ui/Modal'
import { unusualText } from '@/ui/unusualUse'

/** What a key was used for: today, this month, and day by day. */
export function KeyUsageModal({ entry, onClose }: { readonly entry: KeyView; readonly onClose: () => void }) {
  const { t } = useTranslation()
  const usage = useKeyUsage(entry.id)
  return (
    <Modal title={t('keys.usageTitle')} description={entry.label || `…${entry.key_hint}`} onClose={onClose}>
      <Loaded query={usage}>{(data) => <Usage usage={data} />}</Loaded>
    </Modal>
  )
}

function Usage({ usage }: { readonly usage: KeyUsage }) {
  const { t } = useTranslation()
  return (
    <>
      <dl className="grid grid-cols-2 gap-3">
        <Total label={t('keys.today')} use={usage.today} />
        <Total label={t('keys.month')} use={usage.month} />
      </dl>
      {usage.unusual.length > 0 ? <UnusualDays days={usage.unusual} /> : null}
      {usage.days.length === 0 ? <p className="mt-5 text-sm text-muted">{t('keys.unused')}</p> : <Days days={usage.days} />}
    </>
  )
}

function UnusualDays({ days }: { readonly days: readonly KeyUnusual[] }) {
  const { t, i18n } = useTranslation()
  return (
    <section className="mt-5 rounded-2xl bg-danger-soft px-4 py-3 text-[0.8125rem]">
      <h3 className="font-medium text-danger">{t('keys.unusual.title')}</h3>
      <ul className="mt-1 space-y-0.5">
        {days.map((one) => (
          <li key={`${one.day} ${one.rule}`} className="flex gap-3 tabular-nums">
            <span className="shrink-0 text-muted">{one.day}</span>
            <span>{unusualText(t, i18n.language, one)}</span>
          </li>
        ))}
      </ul>
      <p className="mt-1 text-muted">{t('keys.unusual.advice')}</p>
    </section>
  )
}

function Total({ label, use }: { readonly label: string; readonly use: KeyUse }) {
  const { t, i18n } = useTranslation()
  return (
    <div className="rounded-2xl bg-sunken px-4 py-3">
      <dt className="text-[0.8125rem] text-muted">{label}</dt>
      <dd className="mt-0.5 text-[1.0625rem] font-semibold tabular-nums">{formatCost(Number(use.cost), i18n.language)}</dd>
      <dd className="text-[0.8125rem] text-muted">{t('keys.calls', { count: use.calls })}</dd>
    </div>
  )
}

function Days({ days }: { readonly days: readonly KeyDay[] }) {
  const { t, i18n } = useTranslation()
  return (
    <table className="mt-5 w-full text-left text-[0.8125rem] tabular-nums">
      <caption className="sr-only">{t('keys.usageTitle')}</caption>
      <thead className="text-muted">
        <tr>
          <th className="pb-1.5 font-medium">{t('keys.day')}</th>
          <th className="pb-1.5 text-right font-medium">{t('keys.callsHead')}</th>
          <th className="pb-1.5 text-right font-medium">{t('keys.tokensHead')}</th>
          <th className="pb-1.5 text-right font-medium">{t('keys.costHead')}</th>
        </tr>
      </thead>
      <tbody>
        {days.map((day) => (
          <tr key={day.day} className="border-t border-line">
            <td className="py-1.5">{day.day}</td>
            <td className="py-1.5 text-right">
              {formatCount(day.calls, i18n.language)}
              {day.failed > 0 ? <span className="text-danger"> ({t('keys.failed', { count: day.failed })})</span> : null}
            </td>
            <td className="py-1.5 text-right">{formatCompact(day.tokens_input + day.tokens_output, i18n.language)}</td>
            <td className="py-1.5 text-right">{formatCost(Number(day.cost), i18n.language)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
