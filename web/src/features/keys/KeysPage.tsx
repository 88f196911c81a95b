import { KeyRound, Plus } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useKeys } from '@/lib/api/keys'
import { Button } from '@/ui/Button'
import { Callout } from '@/ui/Callout'
import { PageFrame } from '@/ui/PageFrame'
import { useFailureText } from '@/ui/useFailureText'

import { AddKeyModal } from './AddKeyModal'
import { KeyLock } from './KeyLock'
import { KeyRow } from './KeyRow'

export function KeysPage() {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const keys = useKeys()
  const [adding, setAdding] = useState(false)
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
      <div className="mt-8">
        {keys.isPending ? <div aria-hidden="true" className="h-20 animate-pulse rounded-2xl bg-sunken" /> : null}
        {keys.isError ? (
          <Callout
            tone="danger"
            action={
              <Button small onClick={() => void keys.refetch()}>
                {t('tryAgain')}
              </Button>
            }
          >
            {failureText(keys.error)}
          </Callout>
        ) : null}
        {keys.data?.length === 0 ? <NoKeys /> : null}
        <ul className="flex flex-col gap-2.5">
          {keys.data?.map((key) => (
            <KeyRow key={key.id} entry={key} />
          ))}
        </ul>
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
