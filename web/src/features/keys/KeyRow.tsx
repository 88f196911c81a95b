import { CircleCheck, CircleSlash, LockKeyhole, ShieldCheck, Trash2, TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { KeyView } from '@/contracts/rest'
import { useDeleteKey, useValidateKey } from '@/lib/api/keys'
import { useProviders } from '@/lib/api/models'
import { formatDate } from '@/lib/format'
import { Button } from '@/ui/Button'
import { ConfirmModal } from '@/ui/ConfirmModal'
import { IconButton } from '@/ui/IconButton'
import { classes } from '@/ui/classes'
import { toast } from '@/ui/toasts'
import { useFailureText } from '@/ui/useFailureText'

const STATUS = {
  active: { icon: CircleCheck, look: 'text-accent' },
  invalid: { icon: TriangleAlert, look: 'text-danger' },
  disabled: { icon: CircleSlash, look: 'text-muted' },
  locked: { icon: LockKeyhole, look: 'text-muted' },
} as const

export function KeyRow({ entry }: { readonly entry: KeyView }) {
  const { t, i18n } = useTranslation()
  const failureText = useFailureText()
  const providers = useProviders()
  const validate = useValidateKey()
  const remove = useDeleteKey()
  const [asking, setAsking] = useState(false)
  const provider = providers.data?.find(({ id }) => id === entry.provider)?.display_name ?? entry.provider
  const status = entry.status === 'active' && entry.locked ? 'locked' : entry.status
  const { icon: Icon, look } = STATUS[status]
  const check = () =>
    validate.mutate(entry.id, {
      onSuccess: (verdict) => toast(verdict.valid ? t('keys.valid') : failureText(verdict)),
      onError: (failure) => toast(failureText(failure)),
    })
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-3 rounded-2xl border border-line bg-surface p-4">
      <div className="min-w-0 flex-1">
        <p className="flex items-baseline gap-2">
          <span className="truncate font-semibold">{entry.label || provider}</span>
          {entry.key_hint ? <code className="font-mono text-[0.8125rem] text-muted">…{entry.key_hint}</code> : null}
          {entry.protection === 'passphrase' ? (
            <span className="text-[0.8125rem] text-muted">{t('keys.lock.protected')}</span>
          ) : null}
          {entry.scope === 'shared' ? <span className="text-[0.8125rem] text-muted">{t('keys.shared')}</span> : null}
        </p>
        <p className="mt-0.5 flex flex-wrap items-center gap-x-3 text-[0.8125rem] text-muted">
          <span className={classes('inline-flex items-center gap-1 font-medium', look)}>
            <Icon size={14} aria-hidden="true" />
            {t(`keys.${status}`)}
          </span>
          <span>{entry.label ? provider : entry.host}</span>
          <span>{t('keys.added', { date: formatDate(entry.created_at, i18n.language) })}</span>
        </p>
      </div>
      {entry.editable ? (
        <div className="flex items-center gap-1">
          <Button small busy={validate.isPending} icon={<ShieldCheck size={15} />} onClick={check}>
            {t('keys.validate')}
          </Button>
          <IconButton label={t('keys.delete')} onClick={() => setAsking(true)}>
            <Trash2 size={16} />
          </IconButton>
        </div>
      ) : null}
      {asking ? (
        <ConfirmModal
          title={t('keys.deleteTitle')}
          text={t('keys.deleteText', { hint: entry.key_hint })}
          action={t('keys.delete')}
          busy={remove.isPending}
          onClose={() => setAsking(false)}
          onConfirm={() =>
            remove.mutate(entry.id, {
              onError: (failure) => toast(failureText(failure)),
              onSettled: () => setAsking(false),
            })
          }
        />
      ) : null}
    </li>
  )
}
