import { useTranslation } from 'react-i18next'

import type { KeyQuotaOutput } from '@/contracts/rest'
import { TextField } from '@/ui/Field'

import { LIMITS } from './quota'

/** What a key may be used for, as far as it is limited. */
export function QuotaFields({ quota }: { readonly quota: KeyQuotaOutput }) {
  const { t } = useTranslation()
  return (
    <fieldset>
      <legend className="text-[0.8125rem] font-medium">{t('keys.quota.title')}</legend>
      <p className="mt-0.5 text-[0.8125rem] text-muted">{t('keys.quota.about')}</p>
      <div className="mt-2 grid gap-3 sm:grid-cols-2">
        {LIMITS.map((name) => {
          const money = name.startsWith('dollars')
          return (
            <TextField
              key={name}
              label={t(`keys.quota.${name}`)}
              name={name}
              type="number"
              min={money ? 0.000001 : 1}
              step={money ? 'any' : 1}
              inputMode="decimal"
              placeholder={t('keys.quota.none')}
              defaultValue={quota[name] === null ? '' : Number(quota[name])}
            />
          )
        })}
      </div>
    </fieldset>
  )
}
