import { useTranslation } from 'react-i18next'

import type { Role } from '@/contracts/rest'

const ROLES: readonly Role[] = ['owner', 'admin', 'member']

interface RoleFieldProps {
  /** None: all may. */
  readonly value: readonly Role[]
  readonly onChange: (roles: readonly Role[]) => void
}

/** Who may use a shared key. */
export function RoleField({ value, onChange }: RoleFieldProps) {
  const { t } = useTranslation()
  const chosen = value.length === 0 ? ROLES : value
  const toggle = (role: Role) => {
    const now = ROLES.filter((one) => (one === role) !== chosen.includes(one))
    // All of them are as good as none; nobody at all would be no sharing.
    if (now.length > 0) onChange(now.length === ROLES.length ? [] : now)
  }
  return (
    <fieldset>
      <legend className="text-[0.8125rem] font-medium">{t('keys.roles')}</legend>
      <div className="mt-2 flex flex-wrap gap-x-5 gap-y-2 text-sm">
        {ROLES.map((role) => (
          <label key={role} className="flex items-center gap-2">
            <input
              type="checkbox"
              className="size-4 accent-(--accent)"
              checked={chosen.includes(role)}
              onChange={() => toggle(role)}
            />
            {t(`roles.${role}`)}
          </label>
        ))}
      </div>
    </fieldset>
  )
}
