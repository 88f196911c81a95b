import { useTranslation } from 'react-i18next'

import { ADMIN_SECTIONS, type AdminSection } from '@/lib/route'
import { PageFrame } from '@/ui/PageFrame'
import { SectionTabs } from '@/ui/SectionTabs'

import { AuditSection } from './AuditSection'
import { InvitationsSection } from './InvitationsSection'
import { LimitsSection } from './LimitsSection'
import { ModelsSection } from './ModelsSection'
import { PeopleSection } from './PeopleSection'
import { ProvidersSection } from './ProvidersSection'

const SECTIONS = {
  people: PeopleSection,
  invitations: InvitationsSection,
  providers: ProvidersSection,
  models: ModelsSection,
  limits: LimitsSection,
  audit: AuditSection,
} as const satisfies Record<AdminSection, () => React.ReactNode>

/** For owners and administrators; the server refuses everybody else, whatever this page thinks. */
export function AdminPage({ section }: { readonly section: AdminSection }) {
  const { t } = useTranslation()
  const Section = SECTIONS[section]
  return (
    <PageFrame title={t('admin.title')} wide>
      <SectionTabs
        label={t('admin.title')}
        tabs={ADMIN_SECTIONS.map((one) => ({
          route: { page: 'admin', section: one },
          title: t(`admin.sections.${one}`),
          current: one === section,
        }))}
      />
      <div className="mt-6">
        <Section />
      </div>
    </PageFrame>
  )
}
