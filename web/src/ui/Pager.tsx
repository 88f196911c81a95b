import { useTranslation } from 'react-i18next'

import { formatCount } from '@/lib/format'

import { Button } from './Button'

interface PagerProps {
  /** The first is 1. */
  readonly page: number
  readonly perPage: number
  readonly total: number
  readonly onPage: (page: number) => void
}

/** Which part of a list is shown, and the way to the others. */
export function Pager({ page, perPage, total, onPage }: PagerProps) {
  const { t, i18n } = useTranslation()
  const first = (page - 1) * perPage + 1
  const last = Math.min(page * perPage, total)
  const [from, to, all] = [Math.min(first, last), last, total].map((value) => formatCount(value, i18n.language))
  return (
    <nav aria-label={t('pages.label')} className="mt-4 flex items-center justify-between gap-3">
      <p role="status" className="text-[0.8125rem] text-muted tabular-nums">
        {t('pages.part', { from, to, all })}
      </p>
      {total > perPage ? (
        <div className="flex gap-2">
          <Button small disabled={page <= 1} onClick={() => onPage(page - 1)}>
            {t('pages.before')}
          </Button>
          <Button small disabled={page * perPage >= total} onClick={() => onPage(page + 1)}>
            {t('pages.after')}
          </Button>
        </div>
      ) : null}
    </nav>
  )
}
