import { Download } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useAudit, useExportAudit } from '@/lib/api/audit'
import { usePeopleNames } from '@/lib/api/people'
import { useSettled } from '@/lib/useSettled'
import { Button } from '@/ui/Button'
import { Loaded } from '@/ui/Loaded'
import { toast } from '@/ui/toasts'
import { useFailureText } from '@/ui/useFailureText'

import { AuditFilters } from './AuditFilters'
import { AuditRow } from './AuditRow'
import { EVERYTHING, queryOf } from './auditFilter'

export function AuditSection() {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const [fields, setFields] = useState(EVERYTHING)
  const filter = queryOf(useSettled(fields))
  const audit = useAudit(filter)
  const save = useExportAudit()
  const entries = audit.data?.pages.flatMap(({ data }) => data) ?? []
  const actors = [...new Set(entries.flatMap(({ actor_id }) => actor_id ?? []))]
  const names = usePeopleNames(actors)
  const exported = (format: 'csv' | 'jsonl') =>
    save.mutate({ filter, format }, { onError: (failure) => toast(failureText(failure)) })
  return (
    <>
      <AuditFilters value={fields} onChange={setFields} />
      <div className="mt-5 flex flex-wrap items-center justify-between gap-3">
        <p className="text-[0.8125rem] text-muted">{t('audit.about')}</p>
        <div className="flex gap-2">
          {(['csv', 'jsonl'] as const).map((format) => (
            <Button key={format} small icon={<Download size={14} />} busy={save.isPending} onClick={() => exported(format)}>
              {t(`audit.${format}`)}
            </Button>
          ))}
        </div>
      </div>
      <div className="mt-3">
        <Loaded query={audit}>
          {() => (
            <>
              {entries.length === 0 ? <p className="text-sm text-muted">{t('audit.none')}</p> : null}
              <ul aria-label={t('admin.sections.audit')} className="divide-y divide-line rounded-2xl border border-line bg-surface empty:hidden">
                {entries.map((entry) => (
                  <AuditRow
                    key={entry.event_id}
                    entry={entry}
                    names={names}
                    onActor={(by) => setFields({ ...fields, by })}
                    onSignIn={(sign_in) => setFields({ ...fields, sign_in })}
                  />
                ))}
              </ul>
              {audit.hasNextPage ? (
                <div className="mt-4 flex justify-center">
                  <Button small busy={audit.isFetchingNextPage} onClick={() => void audit.fetchNextPage()}>
                    {t('pages.more')}
                  </Button>
                </div>
              ) : null}
            </>
          )}
        </Loaded>
      </div>
    </>
  )
}
