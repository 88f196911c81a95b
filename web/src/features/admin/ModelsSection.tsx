import { Plus } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { RegisteredModel } from '@/contracts/rest'
import { useProviderNames } from '@/lib/api/models'
import { useRegisteredModels } from '@/lib/api/registry'
import { formatCompact, formatCost, pricePerMillion } from '@/lib/format'
import { Button } from '@/ui/Button'
import { TextField } from '@/ui/Field'
import { Loaded } from '@/ui/Loaded'

import { ModelModal } from './ModelModal'
import { RegistryList } from './RegistryList'

export function ModelsSection() {
  const { t, i18n } = useTranslation()
  const models = useRegisteredModels()
  const providers = useProviderNames()
  const [wanted, setWanted] = useState('')
  const [edited, setEdited] = useState<RegisteredModel | 'new' | null>(null)
  const fits = ({ id, display_name, provider }: RegisteredModel) =>
    `${id} ${display_name} ${providers.get(provider) ?? provider}`.toLowerCase().includes(wanted.trim().toLowerCase())
  const factsOf = (model: RegisteredModel) =>
    t('registry.modelFacts', {
      provider: providers.get(model.provider) ?? model.provider,
      window: formatCompact(model.window, i18n.language),
      input: formatCost(pricePerMillion(model.input_price), i18n.language),
      output: formatCost(pricePerMillion(model.output_price), i18n.language),
    })
  return (
    <>
      <div className="flex flex-wrap items-end justify-between gap-4">
        <search className="min-w-0 flex-1 basis-60 sm:max-w-sm">
          <TextField
            label={t('registry.searchModels')}
            type="search"
            value={wanted}
            onChange={(event) => setWanted(event.target.value)}
          />
        </search>
        <Button look="primary" icon={<Plus size={16} />} onClick={() => setEdited('new')}>
          {t('registry.addModel')}
        </Button>
      </div>
      <div className="mt-5">
        <Loaded query={models}>
          {(data) => (
            <RegistryList
              kind="models"
              entries={data.filter(fits).map((model) => ({
                id: model.id,
                name: model.display_name,
                source: model.source,
                facts: factsOf(model),
                onEdit: () => setEdited(model),
              }))}
            />
          )}
        </Loaded>
      </div>
      {edited !== null ? <ModelModal model={edited === 'new' ? null : edited} onClose={() => setEdited(null)} /> : null}
    </>
  )
}
