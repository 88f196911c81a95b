import { useTranslation } from 'react-i18next'

import { SETTINGS_SECTIONS, type SettingsSection } from '@/lib/route'
import { PageFrame } from '@/ui/PageFrame'
import { SectionTabs } from '@/ui/SectionTabs'

import { AccountSection } from './AccountSection'
import { SecuritySection } from './SecuritySection'

export function SettingsPage({ section }: { readonly section: SettingsSection }) {
  const { t } = useTranslation()
  return (
    <PageFrame title={t('settings.title')}>
      <SectionTabs
        label={t('settings.title')}
        tabs={SETTINGS_SECTIONS.map((one) => ({
          route: { page: 'settings', section: one },
          title: t(`settings.sections.${one}`),
          current: one === section,
        }))}
      />
      <div className="mt-6 flex flex-col gap-4">{section === 'security' ? <SecuritySection /> : <AccountSection />}</div>
    </PageFrame>
  )
}
