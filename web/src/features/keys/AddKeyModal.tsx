import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { MAX_KEY_LABEL_CHARACTERS } from '@/contracts/rest'
import { ApiFailure } from '@/lib/api/call'
import { useKeyLock, useProtectKey } from '@/lib/api/keyLock'
import { useAddKey } from '@/lib/api/keys'
import { useProviders } from '@/lib/api/models'
import { isAdministrator, useAccount } from '@/lib/credentials'
import { Button } from '@/ui/Button'
import { SelectField, TextField } from '@/ui/Field'
import { Modal } from '@/ui/Modal'
import { useFailureText } from '@/ui/useFailureText'

import { PassphraseFields, type PassphraseProblem, problemOf } from './PassphraseFields'
import { NOT_SHARED, type Sharing, SharingFields } from './SharingFields'

export function AddKeyModal({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const providers = useProviders()
  const account = useAccount()
  const { data: lock } = useKeyLock()
  const add = useAddKey()
  const protect = useProtectKey()
  const choices = (providers.data ?? []).filter(({ needs_key }) => needs_key)
  const [chosen, setChosen] = useState<string | null>(null)
  const [isProtected, setProtected] = useState(false)
  const [sharing, setSharing] = useState<Sharing>(NOT_SHARED)
  const [problem, setProblem] = useState<PassphraseProblem | null>(null)
  const failure = add.error ?? protect.error
  const provider = choices.find(({ id }) => id === chosen) ?? choices[0]

  const submit = (form: FormData) => {
    if (!provider || account.state !== 'signed-in') return
    const [apiKey = '', label = ''] = ['api-key', 'label'].map((name) => String(form.get(name) ?? '').trim())
    if (!isProtected || sharing.shared) {
      const shared = sharing.shared ? { scope: 'shared' as const, roles: [...sharing.roles] } : {}
      return add.mutate({ provider: provider.id, label, api_key: apiKey, ...shared }, { onSuccess: onClose })
    }
    const [passphrase = '', again = ''] = ['passphrase', 'again'].map((name) => String(form.get(name) ?? ''))
    const found = problemOf(passphrase, lock?.derivation ? passphrase : again)
    setProblem(found)
    if (found) return
    const place = { userId: account.user.id, provider: provider.id, host: provider.host }
    protect.mutate({ ...place, label, apiKey, passphrase }, { onSuccess: onClose })
  }

  return (
    <Modal title={t('keys.addTitle')} description={t('keys.addDescription')} onClose={onClose}>
      <form
        className="flex flex-col gap-4"
        autoComplete="off"
        onSubmit={(event) => {
          event.preventDefault()
          submit(new FormData(event.currentTarget))
        }}
      >
        <SelectField
          label={t('keys.provider')}
          value={provider?.id ?? ''}
          onChange={(event) => setChosen(event.target.value)}
          {...(provider ? { hint: t('keys.onlyAt', { host: provider.host }) } : {})}
        >
          {choices.map(({ id, display_name }) => (
            <option key={id} value={id}>
              {display_name}
            </option>
          ))}
        </SelectField>
        <TextField
          label={t('keys.secret')}
          name="api-key"
          type="password"
          required
          autoComplete="off"
          spellCheck={false}
          error={failure && !isPassphraseFailure(failure) ? failureText(failure) : null}
        />
        <TextField label={t('keys.label')} name="label" maxLength={MAX_KEY_LABEL_CHARACTERS} placeholder={t('keys.labelPlaceholder')} />
        {account.state === 'signed-in' && isAdministrator(account.user) ? (
          <SharingFields value={sharing} onChange={setSharing} />
        ) : null}
        {sharing.shared ? null : (
          <PassphraseFields
            isProtected={isProtected}
            onChange={setProtected}
            isFirst={!lock?.derivation}
            error={problem ? t(`keys.lock.${problem}`) : isPassphraseFailure(failure) ? failureText(failure) : null}
          />
        )}
        <div className="mt-1 flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" look="primary" busy={add.isPending || protect.isPending} disabled={!provider}>
            {t('keys.store')}
          </Button>
        </div>
      </form>
    </Modal>
  )
}

function isPassphraseFailure(failure: unknown): boolean {
  return failure instanceof ApiFailure && failure.code === 'PASSPHRASE_WRONG'
}
