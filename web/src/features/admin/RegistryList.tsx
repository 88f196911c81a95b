import { Pencil, Trash2 } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { RegisteredModel } from '@/contracts/rest'
import { useRemoveRegistered } from '@/lib/api/registry'
import { ConfirmModal } from '@/ui/ConfirmModal'
import { IconButton } from '@/ui/IconButton'
import { toast } from '@/ui/toasts'
import { useFailureText } from '@/ui/useFailureText'

export interface RegistryEntry {
  readonly id: string
  readonly name: string
  readonly source: RegisteredModel['source']
  readonly facts: ReactNode
  readonly onEdit: () => void
}

interface RegistryListProps {
  readonly kind: 'providers' | 'models'
  readonly entries: readonly RegistryEntry[]
}

/** Entries of the catalogue: all can be changed, only what was added here can be removed. */
export function RegistryList({ kind, entries }: RegistryListProps) {
  const { t } = useTranslation()
  const failureText = useFailureText({ CONFLICT: t('registry.inUse') })
  const remove = useRemoveRegistered(kind)
  const [asking, setAsking] = useState<RegistryEntry | null>(null)
  if (entries.length === 0) return <p className="text-sm text-muted">{t('registry.none')}</p>
  return (
    <>
      <ul className="divide-y divide-line rounded-2xl border border-line bg-surface">
        {entries.map((entry) => (
          <li key={entry.id} className="flex items-center gap-x-3 px-4 py-3">
            <div className="min-w-0 flex-1">
              <p className="flex flex-wrap items-baseline gap-x-2 text-sm">
                <span className="font-medium">{entry.name}</span>
                <code className="font-mono text-[0.8125rem] break-all text-muted">{entry.id}</code>
                {entry.source === 'built_in' ? null : (
                  <span className="rounded-full bg-accent-soft px-2 py-0.5 text-xs text-accent">
                    {t(`registry.source.${entry.source}`)}
                  </span>
                )}
              </p>
              <p className="mt-0.5 text-[0.8125rem] text-muted">{entry.facts}</p>
            </div>
            <IconButton label={t('registry.edit', { name: entry.name })} onClick={entry.onEdit}>
              <Pencil size={16} />
            </IconButton>
            {entry.source === 'admin' ? (
              <IconButton label={t('registry.remove', { name: entry.name })} onClick={() => setAsking(entry)}>
                <Trash2 size={16} />
              </IconButton>
            ) : null}
          </li>
        ))}
      </ul>
      {asking ? (
        <ConfirmModal
          title={t('registry.removeTitle', { name: asking.name })}
          text={t(`registry.removeText.${kind}`)}
          action={t('members.remove')}
          busy={remove.isPending}
          onClose={() => setAsking(null)}
          onConfirm={() =>
            remove.mutate(asking.id, {
              onError: (failure) => toast(failureText(failure)),
              onSettled: () => setAsking(null),
            })
          }
        />
      ) : null}
    </>
  )
}
