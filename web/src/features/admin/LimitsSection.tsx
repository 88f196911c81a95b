import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useLimits } from '@/lib/api/audit'
import { formatCount } from '@/lib/format'
import { TextField } from '@/ui/Field'
import { Loaded } from '@/ui/Loaded'

/** Every limit in force, to be read; settings change them. */
export function LimitsSection() {
  const { t, i18n } = useTranslation()
  const limits = useLimits()
  const [wanted, setWanted] = useState('')
  const fits = (name: string) => name.toLowerCase().replaceAll('_', ' ').includes(wanted.trim().toLowerCase().replaceAll('_', ' '))
  return (
    <>
      <p className="max-w-xl text-sm text-muted">{t('limits.about')}</p>
      <search className="mt-4 block max-w-sm">
        <TextField label={t('limits.search')} type="search" value={wanted} onChange={(event) => setWanted(event.target.value)} />
      </search>
      <div className="mt-5">
        <Loaded query={limits}>
          {(data) => (
            <div className="rounded-2xl border border-line bg-surface">
              <table className="w-full text-left text-[0.8125rem]">
                <thead className="text-muted">
                  <tr>
                    <th className="px-4 py-2.5 font-medium">{t('limits.name')}</th>
                    <th className="px-4 py-2.5 text-right font-medium">{t('limits.value')}</th>
                  </tr>
                </thead>
                <tbody>
                  {data
                    .filter(({ name, setting }) => fits(name) || fits(setting ?? ''))
                    .map(({ name, value, setting }) => (
                      <tr key={name} className="border-t border-line">
                        <td className="px-4 py-2 font-mono break-all">
                          {name}
                          {setting ? <span className="block text-xs text-muted">{setting}</span> : null}
                        </td>
                        <td className="px-4 py-2 text-right align-top tabular-nums">{formatCount(value, i18n.language)}</td>
                      </tr>
                    ))}
                </tbody>
              </table>
            </div>
          )}
        </Loaded>
      </div>
    </>
  )
}
