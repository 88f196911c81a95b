import { ArrowLeftRight } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import { useModelNames } from '@/lib/api/models'
import type { Switch } from '@/realtime/transcript'

/** Says in the transcript from where on another model answers for a member. */
export function SwitchNote({ change }: { readonly change: Switch }) {
  const { t } = useTranslation()
  const names = useModelNames()
  const { speaker, from, to } = change
  return (
    <p data-switch className="mt-7 flex items-center justify-center gap-2 text-center text-[0.8125rem] text-muted">
      <ArrowLeftRight size={14} aria-hidden="true" className="shrink-0" />
      {t('switch.note', { name: speaker, from: names.get(from) ?? from, to: names.get(to) ?? to })}
    </p>
  )
}
