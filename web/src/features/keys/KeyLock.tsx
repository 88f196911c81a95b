import { LockKeyhole, LockKeyholeOpen } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useKeyLock, useLockKeys, useUnlockKeys } from '@/lib/api/keyLock'
import { formatTime } from '@/lib/format'
import { canProtect } from '@/lib/passphrase'
import { Button } from '@/ui/Button'
import { TextField } from '@/ui/Field'
import { Modal } from '@/ui/Modal'
import { toast } from '@/ui/toasts'
import { useFailureText } from '@/ui/useFailureText'

/** For who has protected keys: whether they can be used now, and the way to change it. */
export function KeyLock() {
  const { t, i18n } = useTranslation()
  const failureText = useFailureText()
  const { data } = useKeyLock()
  const lock = useLockKeys()
  const [asking, setAsking] = useState(false)
  if (!data?.derivation) return null
  const until = data.unlocked_until
  const Icon = until ? LockKeyholeOpen : LockKeyhole
  return (
    <section
      aria-label={t('keys.lock.title')}
      className="mt-6 flex flex-wrap items-center gap-3 rounded-2xl border border-line bg-sunken px-4 py-3 text-sm"
    >
      <Icon size={17} aria-hidden="true" className={until ? 'text-accent' : 'text-muted'} />
      <p className="min-w-0 flex-1" role="status">
        {until ? t('keys.lock.unlocked', { time: formatTime(until, i18n.language) }) : t('keys.lock.locked')}
      </p>
      {until ? (
        <Button
          small
          busy={lock.isPending}
          onClick={() => lock.mutate(undefined, { onError: (failure) => toast(failureText(failure)) })}
        >
          {t('keys.lock.lock')}
        </Button>
      ) : (
        <Button small look="primary" disabled={!canProtect()} onClick={() => setAsking(true)}>
          {t('keys.lock.unlock')}
        </Button>
      )}
      {canProtect() ? null : <p className="basis-full text-muted">{t('keys.lock.insecure')}</p>}
      {asking ? <UnlockModal onClose={() => setAsking(false)} /> : null}
    </section>
  )
}

function UnlockModal({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const unlock = useUnlockKeys()
  return (
    <Modal title={t('keys.lock.unlockTitle')} description={t('keys.lock.unlockText')} onClose={onClose}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          const passphrase = String(new FormData(event.currentTarget).get('passphrase') ?? '')
          unlock.mutate(passphrase, { onSuccess: onClose })
        }}
      >
        <TextField
          label={t('keys.lock.passphrase')}
          name="passphrase"
          type="password"
          required
          autoComplete="off"
          error={unlock.isError ? failureText(unlock.error) : null}
        />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" look="primary" busy={unlock.isPending}>
            {t('keys.lock.unlock')}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
