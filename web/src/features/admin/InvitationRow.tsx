import { useTranslation } from 'react-i18next'

import type { InvitationView } from '@/contracts/rest'
import { useRevokeInvitation } from '@/lib/api/invitations'
import { formatDate } from '@/lib/format'
import { Button } from '@/ui/Button'
import { classes } from '@/ui/classes'
import { toast } from '@/ui/toasts'
import { useFailureText } from '@/ui/useFailureText'

interface InvitationRowProps {
  readonly invitation: InvitationView
  /** Who invited; undefined for somebody who left. */
  readonly by: string | undefined
}

/** Whom, as what, until when; and the way to take it back. */
export function InvitationRow({ invitation, by }: InvitationRowProps) {
  const { t, i18n } = useTranslation()
  const failureText = useFailureText()
  const revoke = useRevokeInvitation()
  const whom = invitation.email ?? t('invitations.anybody')
  const open = invitation.state === 'open'
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-60">
        <p className="flex flex-wrap items-center gap-x-2 text-sm">
          <span className="truncate font-medium">{whom}</span>
          <span
            className={classes('rounded-full px-2 py-0.5 text-xs', open ? 'bg-accent-soft text-accent' : 'bg-sunken text-muted')}
          >
            {t(`invitations.state.${invitation.state}`)}
          </span>
        </p>
        <p className="mt-0.5 text-[0.8125rem] text-muted">
          {[
            t(`roles.${invitation.role}`),
            invitation.email === null ? t('invitations.used', { used: invitation.used, uses: invitation.uses }) : null,
            t('invitations.until', { date: formatDate(invitation.expires_at, i18n.language) }),
            by === undefined ? null : t('invitations.by', { name: by }),
          ]
            .filter(Boolean)
            .join(' · ')}
        </p>
      </div>
      {open ? (
        <Button
          small
          busy={revoke.isPending}
          aria-label={t('invitations.revokeOf', { name: whom })}
          onClick={() => revoke.mutate(invitation.id, { onError: (failure) => toast(failureText(failure)) })}
        >
          {t('invitations.revoke')}
        </Button>
      ) : null}
    </li>
  )
}
