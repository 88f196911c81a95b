import { Check, Copy, Link } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { NewShare, ShareView } from '@/contracts/rest'
import { useRevokeShare, useShare, useShares } from '@/lib/api/shares'
import { formatDate, formatMoment } from '@/lib/format'
import { Button } from '@/ui/Button'
import { Callout } from '@/ui/Callout'
import { SelectField, TextField } from '@/ui/Field'
import { Loaded } from '@/ui/Loaded'
import { Modal } from '@/ui/Modal'
import { toast } from '@/ui/toasts'
import { useFailureText } from '@/ui/useFailureText'

const DAYS = [7, 30, 365] as const

interface ShareModalProps {
  readonly sessionId: string
  readonly title: string
  readonly onClose: () => void
}

/** Makes links to what the room shows now, and lists those that there are. */
export function ShareModal({ sessionId, title, onClose }: ShareModalProps) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const share = useShare(sessionId)
  const links = useShares(sessionId)
  const submit = (form: FormData) => {
    const days = Number(form.get('days'))
    share.mutate({ days: days === 0 ? null : days, prompts: form.get('prompts') !== null })
  }
  return (
    <Modal title={t('shares.title', { title })} description={t('shares.about')} onClose={onClose}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          submit(new FormData(event.currentTarget))
        }}
      >
        <SelectField label={t('shares.until')} name="days" defaultValue={30}>
          {DAYS.map((days) => (
            <option key={days} value={days}>
              {t('shares.days', { count: days })}
            </option>
          ))}
          <option value={0}>{t('shares.forever')}</option>
        </SelectField>
        <label className="flex items-start gap-2.5 text-sm">
          <input type="checkbox" name="prompts" className="mt-0.5 size-4 accent-accent" />
          <span>
            {t('shares.prompts')}
            <span className="block text-[0.8125rem] text-muted">{t('shares.promptsHint')}</span>
          </span>
        </label>
        {share.isError ? (
          <Callout tone="danger" urgent>
            {failureText(share.error)}
          </Callout>
        ) : null}
        <div>
          <Button type="submit" look="primary" busy={share.isPending} icon={<Link size={15} />}>
            {t('shares.make')}
          </Button>
        </div>
      </form>
      {share.data ? <NewLink key={share.data.id} share={share.data} /> : null}
      <h3 className="mt-6 mb-1 text-[0.8125rem] font-medium">{t('shares.links')}</h3>
      <Loaded query={links}>
        {(found) =>
          found.length === 0 ? (
            <p className="text-sm text-muted">{t('shares.none')}</p>
          ) : (
            <ul className="divide-y divide-line">
              {found.map((one) => (
                <LinkRow key={one.id} share={one} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Modal>
  )
}

/** The link, shown this once. */
function NewLink({ share }: { readonly share: NewShare }) {
  const { t } = useTranslation()
  const [copied, setCopied] = useState(false)
  const url = new URL(share.path, location.origin).href
  const copy = async () => {
    await navigator.clipboard.writeText(url)
    setCopied(true)
  }
  return (
    <div className="mt-4 flex flex-col gap-3 rounded-2xl border border-line p-4">
      <TextField
        label={t('shares.link')}
        hint={t('shares.once')}
        value={url}
        readOnly
        onFocus={(event) => event.target.select()}
        className="font-mono text-[0.8125rem]"
      />
      {navigator.clipboard ? (
        <div>
          <Button small icon={copied ? <Check size={15} /> : <Copy size={15} />} onClick={() => void copy()}>
            {t(copied ? 'copied' : 'copy')}
          </Button>
        </div>
      ) : null}
    </div>
  )
}

function LinkRow({ share }: { readonly share: ShareView }) {
  const { t, i18n } = useTranslation()
  const failureText = useFailureText()
  const revoke = useRevokeShare(share.session_id)
  const made = formatMoment(share.created_at, i18n.language)
  return (
    <li className="flex items-center gap-4 py-3">
      <div className="min-w-0 flex-1 text-sm">
        <p>{t('shares.made', { time: made })}</p>
        <p className="text-xs text-muted">
          {t('shares.messages', { count: share.messages })}
          {' · '}
          {share.expires_at
            ? t('shares.ends', { date: formatDate(share.expires_at, i18n.language) })
            : t('shares.forever')}
          {share.prompts ? ` · ${t('shares.withPrompts')}` : ''}
        </p>
      </div>
      <Button
        small
        busy={revoke.isPending}
        aria-label={t('shares.revokeNamed', { time: made })}
        onClick={() => revoke.mutate(share.id, { onError: (failure) => toast(failureText(failure)) })}
      >
        {t('shares.revoke')}
      </Button>
    </li>
  )
}
