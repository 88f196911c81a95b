import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useAddKey } from '@/lib/api/keys'
import { useProviders } from '@/lib/api/models'
import { Button } from '@/ui/Button'
import { SelectField, TextField } from '@/ui/Field'
import { Modal } from '@/ui/Modal'
import { useFailureText } from '@/ui/useFailureText'

export function AddKeyModal({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const providers = useProviders()
  const add = useAddKey()
  const choices = (providers.data ?? []).filter(({ needs_key }) => needs_key)
  const [chosen, setChosen] = useState<string | null>(null)
  const provider = choices.find(({ id }) => id === chosen) ?? choices[0]

  const submit = (form: FormData) => {
    if (!provider) return
    const [apiKey = '', label = ''] = ['api-key', 'label'].map((name) => String(form.get(name) ?? '').trim())
    add.mutate({ provider: provider.id, label, apiKey }, { onSuccess: onClose })
  }

  return (
    <Modal title={t('keys.addTitle')} description={t('keys.addDescription')} onClose={onClose}>
      <form
        className="flex flex-col gap-4"
        autoComplete="off"
        onSubmit={(event) => {
          event.preventDefault()
          submit(new FormData(event.currentTarget))
        }}
      >
        <SelectField
          label={t('keys.provider')}
          value={provider?.id ?? ''}
          onChange={(event) => setChosen(event.target.value)}
          {...(provider ? { hint: t('keys.onlyAt', { host: provider.host }) } : {})}
        >
          {choices.map(({ id, display_name }) => (
            <option key={id} value={id}>
              {display_name}
            </option>
          ))}
        </SelectField>
        <TextField
          label={t('keys.secret')}
          name="api-key"
          type="password"
          required
          autoComplete="off"
          spellCheck={false}
          error={add.isError ? failureText(add.error) : null}
        />
        <TextField label={t('keys.label')} name="label" maxLength={80} placeholder={t('keys.labelPlaceholder')} />
        <div className="mt-1 flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" look="primary" busy={add.isPending} disabled={!provider}>
            {t('keys.store')}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
