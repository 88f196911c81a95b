import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import { useChangePreferences } from '@/lib/api/preferences'
import { type FontSize, type Language, type SendKey, type Theme, usePreferences } from '@/lib/preferences'
import { Panel } from '@/ui/Panel'
import { Segmented } from '@/ui/Segmented'

/** How the page looks and behaves, wherever the person signs in. Each choice takes effect at once. */
export function PreferencesPanel() {
  const { t } = useTranslation()
  const { theme, language, fontSize, sendKey } = usePreferences()
  const change = useChangePreferences()
  return (
    <Panel title={t('preferences.title')} about={t('preferences.about')}>
      <div className="flex flex-col gap-4">
        <Choice label={t('account.theme')}>
          <Segmented<Theme>
            label={t('account.theme')}
            value={theme}
            onChange={(chosen) => change({ theme: chosen })}
            options={[
              { value: 'system', label: t('account.system') },
              { value: 'light', label: t('account.light') },
              { value: 'dark', label: t('account.dark') },
            ]}
          />
        </Choice>
        <Choice label={t('account.language')}>
          <Segmented<Language | 'device'>
            label={t('account.language')}
            value={language ?? 'device'}
            onChange={(chosen) => change({ language: chosen === 'device' ? null : chosen })}
            options={[
              { value: 'device', label: t('preferences.deviceLanguage') },
              { value: 'en', label: 'English' },
              { value: 'zh', label: '中文' },
            ]}
          />
        </Choice>
        <Choice label={t('preferences.fontSize')}>
          <Segmented<FontSize>
            label={t('preferences.fontSize')}
            value={fontSize}
            onChange={(chosen) => change({ fontSize: chosen })}
            options={[
              { value: 'small', label: t('preferences.small') },
              { value: 'medium', label: t('preferences.medium') },
              { value: 'large', label: t('preferences.large') },
            ]}
          />
        </Choice>
        <Choice label={t('preferences.sendKey')} hint={t(`preferences.sendHint.${sendKey}`)}>
          <Segmented<SendKey>
            label={t('preferences.sendKey')}
            value={sendKey}
            onChange={(chosen) => change({ sendKey: chosen })}
            options={[
              { value: 'enter', label: t('preferences.enter') },
              { value: 'mod-enter', label: t('preferences.modEnter') },
            ]}
          />
        </Choice>
      </div>
    </Panel>
  )
}

interface ChoiceProps {
  readonly label: string
  readonly hint?: string
  readonly children: ReactNode
}

function Choice({ label, hint, children }: ChoiceProps) {
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
      <div>
        <p aria-hidden="true" className="text-sm font-medium">
          {label}
        </p>
        {hint ? <p className="text-[0.8125rem] text-muted">{hint}</p> : null}
      </div>
      {children}
    </div>
  )
}
