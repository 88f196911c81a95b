import { useTranslation } from 'react-i18next'

import type { Capabilities } from '@/contracts/rest'
import { useProviders } from '@/lib/api/models'
import { SelectField, TextField } from '@/ui/Field'

import { ABILITIES, type ModelDraft } from './facts'

interface ModelFieldsProps {
  readonly draft: ModelDraft
  readonly isNew: boolean
  readonly capabilities: Capabilities
}

export function ModelFields({ draft, isNew, capabilities }: ModelFieldsProps) {
  const { t } = useTranslation()
  const providers = useProviders()
  const tokens = (name: 'window' | 'max_output') => (
    <TextField label={t(`registry.${name}`)} name={name} type="number" required min={1} step={1} defaultValue={draft[name]} />
  )
  const price = (name: 'input_price' | 'output_price') => (
    <TextField label={t(`registry.${name}`)} name={name} type="number" required min={0} step="any" defaultValue={draft[name]} />
  )
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-2">
        {isNew ? (
          <TextField
            label={t('registry.id')}
            hint={t('registry.modelIdHint')}
            name="id"
            required
            maxLength={200}
            pattern="[A-Za-z0-9][^\s*>]*"
            spellCheck={false}
            autoCapitalize="none"
            defaultValue={draft.id}
          />
        ) : null}
        <TextField label={t('registry.name')} name="display_name" required maxLength={80} defaultValue={draft.display_name} />
        <SelectField
          key={providers.dataUpdatedAt}
          label={t('keys.provider')}
          name="provider"
          required
          defaultValue={draft.provider}
        >
          {(providers.data ?? []).map(({ id, display_name }) => (
            <option key={id} value={id}>
              {display_name}
            </option>
          ))}
        </SelectField>
        <TextField
          label={t('registry.upstream')}
          hint={t('registry.upstreamHint')}
          name="upstream"
          maxLength={200}
          spellCheck={false}
          autoCapitalize="none"
          defaultValue={draft.upstream}
        />
      </div>
      <TextField label={t('registry.description')} name="description" maxLength={500} defaultValue={draft.description} />
      <div className="grid gap-4 sm:grid-cols-2">
        {tokens('window')}
        {tokens('max_output')}
        {price('input_price')}
        {price('output_price')}
      </div>
      <fieldset>
        <legend className="text-[0.8125rem] font-medium">{t('registry.abilities')}</legend>
        <div className="mt-2 flex flex-wrap gap-x-5 gap-y-2 text-sm">
          {ABILITIES.map((ability) => (
            <label key={ability} className="flex items-center gap-2">
              <input
                type="checkbox"
                name={ability}
                defaultChecked={capabilities[ability] ?? false}
                className="size-4 accent-(--accent)"
              />
              {t(`registry.ability.${ability}`)}
            </label>
          ))}
        </div>
      </fieldset>
    </>
  )
}
