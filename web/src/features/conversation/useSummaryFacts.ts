import { useTranslation } from 'react-i18next'

import type { SummaryView } from '@/contracts/rest'
import { useModelNames } from '@/lib/api/models'
import { formatTime } from '@/lib/format'

/** A version of a summary in a line: its number, what it covers, who wrote it, when. */
export function useSummaryFacts(): (summary: SummaryView) => string {
  const { t, i18n } = useTranslation()
  const models = useModelNames()
  return ({ version, entries, model_id, created_at }) => {
    const author = model_id === null ? t('room.you') : (models.get(model_id) ?? model_id)
    return t('summary.facts', { version, count: entries, author, time: formatTime(created_at, i18n.language) })
  }
}
