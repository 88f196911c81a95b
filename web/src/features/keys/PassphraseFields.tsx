import { useTranslation } from 'react-i18next'

import { MIN_PASSPHRASE_CHARACTERS, canProtect, isLongEnough } from '@/lib/passphrase'
import { Callout } from '@/ui/Callout'
import { TextField } from '@/ui/Field'

export type PassphraseProblem = 'tooShort' | 'different'

export function problemOf(passphrase: string, again: string): PassphraseProblem | null {
  if (!isLongEnough(passphrase)) return 'tooShort'
  return passphrase === again ? null : 'different'
}

interface PassphraseFieldsProps {
  readonly isProtected: boolean
  readonly onChange: (isProtected: boolean) => void
  /** There is no protected key yet: the passphrase is a new one, and typed twice. */
  readonly isFirst: boolean
  readonly error: string | null
}

/** The choice to protect a key, and what has to be known before making it. */
export function PassphraseFields({ isProtected, onChange, isFirst, error }: PassphraseFieldsProps) {
  const { t } = useTranslation()
  return (
    <>
      <label className="flex items-start gap-2.5 text-sm">
        <input
          type="checkbox"
          className="mt-0.5 size-4 accent-(--accent)"
          checked={isProtected}
          disabled={!canProtect()}
          onChange={(event) => onChange(event.target.checked)}
        />
        <span>
          {t('keys.lock.protect')}
          <span className="block text-[0.8125rem] text-muted">
            {canProtect() ? t('keys.lock.protectHint') : t('keys.lock.insecure')}
          </span>
        </span>
      </label>
      {isProtected ? (
        <>
          <TextField
            label={t('keys.lock.passphrase')}
            name="passphrase"
            type="password"
            required
            autoComplete="off"
            hint={t(isFirst ? 'keys.lock.length' : 'keys.lock.same', { count: MIN_PASSPHRASE_CHARACTERS })}
            error={error}
          />
          {isFirst ? (
            <>
              <TextField label={t('keys.lock.again')} name="again" type="password" required autoComplete="off" />
              <Callout tone="warn">{t('keys.lock.final')}</Callout>
            </>
          ) : null}
        </>
      ) : null}
    </>
  )
}
