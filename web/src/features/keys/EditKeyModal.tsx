import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { type KeyView, MAX_KEY_LABEL_CHARACTERS, MAX_KEY_WEIGHT, type Role } from '@/contracts/rest'
import { useChangeKeys } from '@/lib/api/keys'
import { Button } from '@/ui/Button'
import { TextField } from '@/ui/Field'
import { Modal } from '@/ui/Modal'
import { useFailureText } from '@/ui/useFailureText'

import { QuotaFields } from './QuotaFields'
import { RoleField } from './RoleField'
import { quotaOf } from './quota'

/** A key's label, its weight among equals, who may use it, and how much. The key itself never changes. */
export function EditKeyModal({ entry, onClose }: { readonly entry: KeyView; readonly onClose: () => void }) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const change = useChangeKeys()
  const [roles, setRoles] = useState<readonly Role[]>(entry.roles)
  const submit = (form: FormData) =>
    change.mutate(
      [
        {
          id: entry.id,
          label: String(form.get('label') ?? '').trim(),
          weight: Number(form.get('weight')),
          quota: quotaOf(form),
          ...(entry.scope === 'shared' ? { roles: [...roles] } : {}),
        },
      ],
      { onSuccess: onClose },
    )
  return (
    <Modal title={t('keys.editTitle')} description={entry.key_hint ? `…${entry.key_hint} · ${entry.host}` : entry.host} onClose={onClose}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          submit(new FormData(event.currentTarget))
        }}
      >
        <TextField
          label={t('keys.label')}
          name="label"
          maxLength={MAX_KEY_LABEL_CHARACTERS}
          defaultValue={entry.label}
          placeholder={t('keys.labelPlaceholder')}
          error={change.isError ? failureText(change.error) : null}
        />
        <TextField
          label={t('keys.weight')}
          hint={t('keys.weightHint')}
          name="weight"
          type="number"
          required
          min={1}
          max={MAX_KEY_WEIGHT}
          defaultValue={entry.weight}
        />
        {entry.scope === 'shared' ? <RoleField value={roles} onChange={setRoles} /> : null}
        <QuotaFields quota={entry.quota} />
        <div className="mt-1 flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" look="primary" busy={change.isPending}>
            {t('save')}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
