import { useTranslation } from 'react-i18next'

import type { Role } from '@/contracts/rest'
import { Segmented } from '@/ui/Segmented'

import { RoleField } from './RoleField'

export interface Sharing {
  readonly shared: boolean
  readonly roles: readonly Role[]
}

export const NOT_SHARED: Sharing = { shared: false, roles: [] }

interface SharingFieldsProps {
  readonly value: Sharing
  readonly onChange: (sharing: Sharing) => void
}

/** For administrators: whether a key is their own, or pays for others too. */
export function SharingFields({ value, onChange }: SharingFieldsProps) {
  const { t } = useTranslation()
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <span aria-hidden="true" className="text-[0.8125rem] font-medium">
          {t('keys.whose')}
        </span>
        <Segmented
          label={t('keys.whose')}
          value={value.shared ? 'shared' : 'personal'}
          onChange={(scope) => onChange({ ...value, shared: scope === 'shared' })}
          options={[
            { value: 'personal', label: t('keys.mine') },
            { value: 'shared', label: t('keys.forOthers') },
          ]}
        />
      </div>
      {value.shared ? (
        <>
          <p className="text-[0.8125rem] text-muted">{t('keys.sharedHint')}</p>
          <RoleField value={value.roles} onChange={(roles) => onChange({ ...value, roles })} />
        </>
      ) : null}
    </div>
  )
}
