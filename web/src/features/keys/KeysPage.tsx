import { KeyRound, Plus } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useKeys } from '@/lib/api/keys'
import { forgetKeyQuotas, useKeyQuotas } from '@/lib/keyQuotas'
import { forgetUnusualKeys, useUnusualKeys } from '@/lib/unusualKeys'
import { Button } from '@/ui/Button'
import { Loaded } from '@/ui/Loaded'
import { PageFrame } from '@/ui/PageFrame'

import { AddKeyModal } from './AddKeyModal'
import { KeyLock } from './KeyLock'
import { ProviderKeys } from './ProviderKeys'

export function KeysPage() {
  const { t } = useTranslation()
  const keys = useKeys()
  const [adding, setAdding] = useState(false)
  const near = useKeyQuotas()
  const unusual = useUnusualKeys()
  // Whoever looks at the keys needs no mark that leads here.
  useEffect(() => {
    if (near.length > 0) forgetKeyQuotas()
    if (unusual.length > 0) forgetUnusualKeys()
  }, [near, unusual])
  return (
    <PageFrame
      title={t('keys.title')}
      about={t('keys.about')}
      action={
        <Button look="primary" icon={<Plus size={17} />} onClick={() => setAdding(true)}>
          {t('keys.add')}
        </Button>
      }
    >
      <KeyLock />
      <div className="mt-8 flex flex-col gap-8">
        <Loaded query={keys}>
          {(data) =>
            data.length === 0 ? (
              <NoKeys />
            ) : (
              [...new Set(data.map(({ provider }) => provider))].map((provider) => (
                <ProviderKeys key={provider} provider={provider} keys={data.filter((key) => key.provider === provider)} />
              ))
            )
          }
        </Loaded>
      </div>
      {adding ? <AddKeyModal onClose={() => setAdding(false)} /> : null}
    </PageFrame>
  )
}

function NoKeys() {
  const { t } = useTranslation()
  return (
    <div className="flex flex-col items-center rounded-3xl border border-dashed border-line-strong px-6 py-14 text-center">
      <span className="rounded-2xl bg-accent-soft p-3 text-accent">
        <KeyRound size={22} />
      </span>
      <p className="mt-4 font-medium">{t('keys.none')}</p>
      <p className="mt-1 max-w-sm text-sm text-muted">{t('keys.noneHint')}</p>
    </div>
  )
}
