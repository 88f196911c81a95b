import { useTranslation } from 'react-i18next'

import type { AuditEntry } from '@/contracts/rest'
import { formatMoment } from '@/lib/format'
import { useDeviceText } from '@/ui/useDeviceText'

/** Of a sign-in's id, the random end of it. */
const SHOWN_CHARACTERS = 8

interface AuditRowProps {
  readonly entry: AuditEntry
  readonly names: ReadonlyMap<string, string>
  readonly onActor: (id: string) => void
  readonly onSignIn: (id: string) => void
}

/** Who did what to what, when and from where. Names are for people, ids for certainty. */
export function AuditRow({ entry, names, onActor, onSignIn }: AuditRowProps) {
  const { t, i18n } = useTranslation()
  const deviceText = useDeviceText()
  const actor = entry.actor_id
  const details = Object.entries(entry.details)
  return (
    <li className="px-4 py-3">
      <p className="flex flex-wrap items-baseline gap-x-2.5 text-sm">
        <code className="font-mono font-medium">{entry.action}</code>
        {entry.outcome === 'refused' ? (
          <span className="rounded-full bg-danger-soft px-2 py-0.5 text-xs text-danger">{t('audit.refused')}</span>
        ) : null}
        <time dateTime={entry.at} className="ml-auto text-[0.8125rem] text-muted tabular-nums">
          {formatMoment(entry.at, i18n.language)}
        </time>
      </p>
      <p className="mt-0.5 flex flex-wrap gap-x-2 text-[0.8125rem] break-all text-muted">
        {actor === null ? (
          <span>{t('audit.nobody')}</span>
        ) : (
          <button
            type="button"
            title={actor}
            onClick={() => onActor(actor)}
            className="font-medium text-ink underline decoration-line-strong underline-offset-2"
          >
            {names.get(actor) ?? actor}
          </button>
        )}
        <span>
          {entry.target_kind} {names.get(entry.target_id) ?? entry.target_id}
        </span>
        {entry.address ? <span>{entry.address}</span> : null}
        {entry.device ? <span title={entry.device}>{deviceText(entry.device)}</span> : null}
        {entry.sign_in ? (
          <SignIn id={entry.sign_in} onSignIn={onSignIn} />
        ) : null}
        <span>{entry.service}</span>
      </p>
      {details.length > 0 ? (
        <p className="mt-0.5 font-mono text-xs break-all text-muted">
          {details.map(([name, value]) => `${name}=${value}`).join('  ')}
        </p>
      ) : null}
    </li>
  )
}

/** By which sign-in: the end of its id tells one from another, and leads to all that was done by it. */
function SignIn({ id, onSignIn }: { readonly id: string; readonly onSignIn: (id: string) => void }) {
  const { t } = useTranslation()
  return (
    <button
      type="button"
      title={id}
      onClick={() => onSignIn(id)}
      className="underline decoration-line-strong underline-offset-2"
    >
      {t('audit.bySignIn', { id: id.slice(-SHOWN_CHARACTERS) })}
    </button>
  )
}
