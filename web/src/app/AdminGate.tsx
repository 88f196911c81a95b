import { lazy } from 'react'
import { useTranslation } from 'react-i18next'

import { isAdministrator, useAccount } from '@/lib/credentials'
import { type AdminSection, navigate } from '@/lib/route'
import { Button } from '@/ui/Button'

const AdminPage = lazy(async () => ({ default: (await import('@/features/admin/AdminPage')).AdminPage }))

/** Whoever administers nothing is told so, and fetches nothing. */
export function AdminGate({ section }: { readonly section: AdminSection }) {
  const { t } = useTranslation()
  const may = useAccount((account) => account.state === 'signed-in' && isAdministrator(account.user))
  if (may) return <AdminPage section={section} />
  return (
    <div className="flex h-full flex-col items-center justify-center gap-2 p-8 text-center">
      <h1 className="font-serif text-2xl font-medium">{t('admin.closed')}</h1>
      <p className="max-w-sm text-muted">{t('admin.closedText')}</p>
      <Button className="mt-4" onClick={() => navigate({ page: 'home' })}>
        {t('room.back')}
      </Button>
    </div>
  )
}
