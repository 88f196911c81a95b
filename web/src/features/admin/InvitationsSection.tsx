import { UserPlus } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { InvitationView } from '@/contracts/rest'
import { INVITATIONS_PER_PAGE, useInvitations } from '@/lib/api/invitations'
import { usePeopleNames } from '@/lib/api/people'
import { Button } from '@/ui/Button'
import { SelectField } from '@/ui/Field'
import { Loaded } from '@/ui/Loaded'
import { Pager } from '@/ui/Pager'

import { InvitationRow } from './InvitationRow'
import { InviteModal } from './InviteModal'

const STATES = ['open', 'used', 'expired', 'revoked'] as const satisfies readonly InvitationView['state'][]

export function InvitationsSection() {
  const { t } = useTranslation()
  const [state, setState] = useState<InvitationView['state'] | ''>('open')
  const [page, setPage] = useState(1)
  const [inviting, setInviting] = useState(false)
  const invitations = useInvitations(state, page)
  const names = usePeopleNames([...new Set(invitations.data?.entries.map(({ created_by }) => created_by))])
  return (
    <>
      <div className="flex flex-wrap items-end justify-between gap-4">
        <search className="w-44">
          <SelectField
            label={t('people.status')}
            value={state}
            onChange={(event) => {
              setState(event.target.value as typeof state)
              setPage(1)
            }}
          >
            <option value="">{t('all')}</option>
            {STATES.map((one) => (
              <option key={one} value={one}>
                {t(`invitations.state.${one}`)}
              </option>
            ))}
          </SelectField>
        </search>
        <Button look="primary" icon={<UserPlus size={16} />} onClick={() => setInviting(true)}>
          {t('invitations.invite')}
        </Button>
      </div>
      <div className="mt-5">
        <Loaded query={invitations}>
          {({ entries, total }) => (
            <>
              {total === 0 ? <p className="text-sm text-muted">{t('invitations.none')}</p> : null}
              <ul className="divide-y divide-line rounded-2xl border border-line bg-surface empty:hidden">
                {entries.map((invitation) => (
                  <InvitationRow key={invitation.id} invitation={invitation} by={names.get(invitation.created_by)} />
                ))}
              </ul>
              {total > 0 ? <Pager page={page} perPage={INVITATIONS_PER_PAGE} total={total} onPage={setPage} /> : null}
            </>
          )}
        </Loaded>
      </div>
      {inviting ? <InviteModal onClose={() => setInviting(false)} /> : null}
    </>
  )
}
