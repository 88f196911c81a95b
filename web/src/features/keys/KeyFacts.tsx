import { CircleCheck, CircleSlash, Gauge, LockKeyhole, TriangleAlert } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import type { KeyView } from '@/contracts/rest'
import { useProviderNames } from '@/lib/api/models'
import { formatDate, formatShare } from '@/lib/format'
import { classes } from '@/ui/classes'

import { shareOf } from './order'

const STATUS = {
  active: { icon: CircleCheck, look: 'text-accent' },
  invalid: { icon: TriangleAlert, look: 'text-danger' },
  disabled: { icon: CircleSlash, look: 'text-muted' },
  locked: { icon: LockKeyhole, look: 'text-muted' },
  usedUp: { icon: Gauge, look: 'text-danger' },
} as const

/** What matters most of a key: whether it can be used now, and if not, why. */
export function statusOf({ status, locked, quota_used_up }: KeyView): keyof typeof STATUS {
  if (status !== 'active') return status
  if (quota_used_up) return 'usedUp'
  return locked ? 'locked' : 'active'
}

interface KeyFactsProps {
  readonly entry: KeyView
  readonly turn: readonly KeyView[]
  readonly place: number
  readonly places: number
}

/** What a key is called, how it stands, and when it is used. */
export function KeyFacts({ entry, turn, place, places }: KeyFactsProps) {
  const { t, i18n } = useTranslation()
  const names = useProviderNames()
  const provider = names.get(entry.provider) ?? entry.provider
  const status = statusOf(entry)
  const { icon: Icon, look } = STATUS[status]
  const share = formatShare(shareOf(entry, turn), i18n.language)
  return (
    <div className="min-w-0 flex-1 basis-56">
      <p className="flex flex-wrap items-baseline gap-x-2">
        <span className="truncate font-semibold">{entry.label || provider}</span>
        {entry.key_hint ? <code className="font-mono text-[0.8125rem] text-muted">…{entry.key_hint}</code> : null}
        {entry.protection === 'passphrase' ? <Mark>{t('keys.lock.protected')}</Mark> : null}
        {entry.scope === 'shared' ? (
          <Mark>
            {entry.roles.length === 0
              ? t('keys.shared')
              : t('keys.sharedWith', { roles: entry.roles.map((role) => t(`roles.${role}`)).join(t('listComma')) })}
          </Mark>
        ) : null}
      </p>
      <p className="mt-0.5 flex flex-wrap items-center gap-x-3 text-[0.8125rem] text-muted">
        <span className={classes('inline-flex items-center gap-1 font-medium', look)}>
          <Icon size={14} aria-hidden="true" />
          {t(`keys.${status}`)}
        </span>
        <span>{entry.host}</span>
        <span>{t('keys.added', { date: formatDate(entry.created_at, i18n.language) })}</span>
      </p>
      {places > 1 || turn.length > 1 ? (
        <p className="mt-0.5 text-[0.8125rem] text-muted">
          {place === 0 ? t('keys.first') : t('keys.afterwards', { place: place + 1 })}
          {turn.length > 1 ? ` · ${t('keys.share', { share })}` : null}
        </p>
      ) : null}
    </div>
  )
}

function Mark({ children }: { readonly children: React.ReactNode }) {
  return <span className="text-[0.8125rem] text-muted">{children}</span>
}
