import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { ProviderFacts, RegisteredProvider } from '@/contracts/rest'
import { useSaveProvider } from '@/lib/api/registry'
import { Button } from '@/ui/Button'
import { SelectField, TextField } from '@/ui/Field'
import { Modal } from '@/ui/Modal'
import { useFailureText } from '@/ui/useFailureText'

import { providerFacts } from './facts'

interface ProviderModalProps {
  /** Null: a new one. */
  readonly provider: RegisteredProvider | null
  readonly known: readonly RegisteredProvider[]
  readonly onClose: () => void
}

/** The address and the way of speaking of a provider. What is not asked for is that of the preset, or stays. */
export function ProviderModal({ provider, known, onClose }: ProviderModalProps) {
  const { t } = useTranslation()
  const failureText = useFailureText({ CONFLICT: t('registry.idTaken') })
  const save = useSaveProvider()
  const [chosen, setChosen] = useState<string | null>(null)
  const usual = known.find(({ needs_key }) => needs_key) ?? known[0]
  const preset = provider ?? known.find(({ id }) => id === chosen) ?? usual ?? null
  const protocols = [...new Set(known.map(({ protocol }) => protocol))]

  const submit = (form: FormData) => {
    const text = (name: string) => String(form.get(name) ?? '').trim()
    const asked: ProviderFacts = {
      display_name: text('display_name'),
      base_url: text('base_url'),
      protocol: text('protocol'),
      needs_key: form.has('needs_key'),
    }
    const facts = { ...(provider ? providerFacts(provider) : { preset: preset?.id ?? null }), ...asked }
    save.mutate({ id: provider?.id ?? text('id'), facts, isNew: provider === null }, { onSuccess: onClose })
  }

  return (
    <Modal
      title={provider ? t('registry.edit', { name: provider.display_name }) : t('registry.addProvider')}
      {...(provider?.source === 'built_in' ? { description: t('registry.overrides') } : {})}
      onClose={onClose}
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          submit(new FormData(event.currentTarget))
        }}
      >
        {provider ? null : (
          <>
            <SelectField
              label={t('registry.preset')}
              hint={t('registry.presetHint')}
              value={preset?.id ?? ''}
              onChange={(event) => setChosen(event.target.value)}
            >
              {known.map(({ id, display_name }) => (
                <option key={id} value={id}>
                  {display_name}
                </option>
              ))}
            </SelectField>
            <TextField
              label={t('registry.id')}
              hint={t('registry.providerIdHint')}
              name="id"
              required
              maxLength={80}
              pattern="[a-z0-9][a-z0-9._\-]*"
              spellCheck={false}
              autoCapitalize="none"
            />
          </>
        )}
        <TextField
          label={t('registry.name')}
          name="display_name"
          required
          maxLength={80}
          defaultValue={provider?.display_name ?? ''}
        />
        <TextField
          key={`url-${preset?.id}`}
          label={t('registry.baseUrl')}
          hint={t('registry.baseUrlHint')}
          name="base_url"
          type="url"
          required
          maxLength={500}
          defaultValue={preset?.base_url ?? ''}
          error={save.isError ? failureText(save.error) : null}
        />
        <SelectField key={`protocol-${preset?.id}`} label={t('registry.protocol')} name="protocol" defaultValue={preset?.protocol}>
          {protocols.map((protocol) => (
            <option key={protocol} value={protocol}>
              {protocol}
            </option>
          ))}
        </SelectField>
        <label className="flex items-center gap-2.5 text-sm">
          <input
            key={`key-${preset?.id}`}
            type="checkbox"
            name="needs_key"
            defaultChecked={preset?.needs_key ?? true}
            className="size-4 accent-(--accent)"
          />
          {t('registry.needsKey')}
        </label>
        <div className="mt-1 flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" look="primary" busy={save.isPending}>
            {t('save')}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
