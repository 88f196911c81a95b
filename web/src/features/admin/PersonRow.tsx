import { useTranslation } from 'react-i18next'

import type { PersonView, Role } from '@/contracts/rest'
import { useChangePerson } from '@/lib/api/people'
import { useAccount } from '@/lib/credentials'
import { formatDate, formatMoment } from '@/lib/format'
import { toast } from '@/ui/toasts'
import { useFailureText } from '@/ui/useFailureText'

import { PersonMenu } from './PersonMenu'
import { ROLES } from './roles'

export function PersonRow({ person }: { readonly person: PersonView }) {
  const { t, i18n } = useTranslation()
  const failureText = useFailureText()
  const me = useAccount((account) => (account.state === 'signed-in' ? account.user : null))
  const change = useChangePerson()
  const isMe = me?.id === person.id
  // Only owners make owners, or change one.
  const touchable = !isMe && (me?.role === 'owner' || person.role !== 'owner')
  const offered = ROLES.filter((role) => role !== 'owner' || me?.role === 'owner' || person.role === 'owner')
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-60">
        <p className="flex flex-wrap items-center gap-x-2 text-sm">
          <span className="truncate font-medium">{person.nickname}</span>
          {isMe ? <span className="text-[0.8125rem] text-muted">{t('people.you')}</span> : null}
          {person.status === 'suspended' ? (
            <span className="rounded-full bg-danger-soft px-2 py-0.5 text-xs text-danger">{t('people.suspended')}</span>
          ) : null}
        </p>
        <p className="truncate text-[0.8125rem] text-muted">{person.email}</p>
        <p className="text-[0.8125rem] text-muted">
          {t('people.joined', { date: formatDate(person.created_at, i18n.language) })}
          {person.last_seen_at
            ? ` · ${t('people.seen', { time: formatMoment(person.last_seen_at, i18n.language) })}`
            : null}
        </p>
      </div>
      <select
        aria-label={t('people.roleOf', { name: person.nickname })}
        value={person.role}
        disabled={!touchable || change.isPending}
        onChange={(event) =>
          change.mutate(
            { id: person.id, role: event.target.value as Role },
            { onError: (failure) => toast(failureText(failure)) },
          )
        }
        className="select-arrow h-9 w-40 shrink-0 rounded-lg border border-line-strong bg-raised pl-2.5 text-sm focus:border-accent disabled:opacity-60"
      >
        {offered.map((role) => (
          <option key={role} value={role}>
            {t(`roles.${role}`)}
          </option>
        ))}
      </select>
      <PersonMenu person={person} touchable={touchable} />
    </li>
  )
}
