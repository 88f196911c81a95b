import { Plus } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { RegisteredProvider } from '@/contracts/rest'
import { useRegisteredProviders } from '@/lib/api/registry'
import { Button } from '@/ui/Button'
import { Loaded } from '@/ui/Loaded'

import { ProviderModal } from './ProviderModal'
import { RegistryList } from './RegistryList'

export function ProvidersSection() {
  const { t } = useTranslation()
  const providers = useRegisteredProviders()
  const [edited, setEdited] = useState<RegisteredProvider | 'new' | null>(null)
  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-4">
        <p className="max-w-xl text-sm text-muted">{t('registry.aboutProviders')}</p>
        <Button small look="primary" icon={<Plus size={15} />} onClick={() => setEdited('new')}>
          {t('registry.addProvider')}
        </Button>
      </div>
      <div className="mt-5">
        <Loaded query={providers}>
          {(data) => (
            <RegistryList
              kind="providers"
              entries={data.map((provider) => ({
                id: provider.id,
                name: provider.display_name,
                source: provider.source,
                facts: [provider.protocol, provider.host, provider.needs_key ? null : t('registry.keyless')].filter(Boolean).join(' · '),
                onEdit: () => setEdited(provider),
              }))}
            />
          )}
        </Loaded>
      </div>
      {edited !== null ? (
        <ProviderModal
          provider={edited === 'new' ? null : edited}
          known={providers.data ?? []}
          onClose={() => setEdited(null)}
        />
      ) : null}
    </>
  )
}
