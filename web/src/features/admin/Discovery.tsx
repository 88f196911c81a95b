import { ScanSearch } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useProviders } from '@/lib/api/models'
import { useDiscover } from '@/lib/api/registry'
import { Button } from '@/ui/Button'
import { SelectField } from '@/ui/Field'
import { useFailureText } from '@/ui/useFailureText'

import { type ModelDraft, draftOfDiscovered } from './facts'

/** Ask a provider, with a key of one's own where it wants one, which models it offers; one of them fills the form. */
export function Discovery({ onFound }: { readonly onFound: (draft: ModelDraft) => void }) {
  const { t } = useTranslation()
  const failureText = useFailureText({ KEY_MISSING: t('registry.discoverKey') })
  const providers = useProviders()
  const discover = useDiscover()
  const [chosen, setChosen] = useState('')
  const provider = chosen || providers.data?.[0]?.id
  const found = discover.data
  return (
    <fieldset className="mb-5 rounded-2xl border border-line bg-canvas/60 px-4 pt-2 pb-4">
      <legend className="px-1 text-sm font-medium">{t('registry.discover')}</legend>
      <p className="text-[0.8125rem] text-muted">{t('registry.discoverHint')}</p>
      <div className="mt-3 grid items-end gap-3 sm:grid-cols-[1fr_auto_1fr]">
        <SelectField
          label={t('registry.askWhom')}
          value={provider ?? ''}
          onChange={(event) => {
            setChosen(event.target.value)
            discover.reset()
          }}
          error={discover.isError ? failureText(discover.error) : null}
        >
          {(providers.data ?? []).map(({ id, display_name }) => (
            <option key={id} value={id}>
              {display_name}
            </option>
          ))}
        </SelectField>
        <Button
          icon={<ScanSearch size={16} />}
          busy={discover.isPending}
          disabled={!provider}
          className="h-11!"
          onClick={() => provider && discover.mutate(provider)}
        >
          {t('registry.ask')}
        </Button>
        {found ? (
          <SelectField
            label={t('registry.found', { count: found.models.length })}
            defaultValue=""
            onChange={(event) => {
              const model = found.models.find(({ upstream }) => upstream === event.target.value)
              if (model) onFound(draftOfDiscovered(found.provider, model))
            }}
          >
            <option value="">{t('registry.choose')}</option>
            {found.models.map(({ upstream, display_name, model_ids }) => (
              <option key={upstream} value={upstream}>
                {display_name ?? upstream}
                {model_ids.length > 0 ? ` (${t('registry.thereAlready')})` : ''}
              </option>
            ))}
          </SelectField>
        ) : null}
      </div>
    </fieldset>
  )
}
