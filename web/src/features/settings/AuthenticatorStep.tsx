import { QRCodeSVG } from 'qrcode.react'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'

import type { AuthenticatorSecret } from '@/contracts/rest'
import { useConfirmSecondFactor } from '@/lib/api/secondFactor'
import { Button } from '@/ui/Button'
import { TextField } from '@/ui/Field'

import { inGroups } from './inGroups'
import { useProofFailureText } from './useProofFailureText'

const QR_PIXELS = 184

interface AuthenticatorStepProps {
  readonly secret: AuthenticatorSecret
  readonly onCodes: (codes: readonly string[]) => void
  readonly onClose: () => void
}

/** Tell the authenticator the secret, as a picture that is drawn here or as text, and prove that it knows it. */
export function AuthenticatorStep({ secret, onCodes, onClose }: AuthenticatorStepProps) {
  const { t } = useTranslation()
  const failureText = useProofFailureText()
  const confirm = useConfirmSecondFactor()
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => field.current?.focus(), []) // it takes the place of the field that was there before
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        confirm.mutate(String(new FormData(event.currentTarget).get('code') ?? ''), { onSuccess: onCodes })
      }}
    >
      <div className="flex flex-wrap items-center justify-center gap-5">
        {/* Scanners want dark on light, whatever the theme. */}
        <span className="rounded-2xl border border-line bg-white p-2">
          <QRCodeSVG value={secret.uri} size={QR_PIXELS} marginSize={2} title={t('secondFactor.qr')} role="img" />
        </span>
        <div className="min-w-0 flex-1 basis-44">
          <p className="text-[0.8125rem] font-medium">{t('secondFactor.secret')}</p>
          <code className="mt-1 block font-mono text-[0.9375rem] leading-relaxed tracking-wide break-words select-all">
            {inGroups(secret.secret)}
          </code>
          <p className="mt-1 text-[0.8125rem] text-muted">{t('secondFactor.secretHint')}</p>
        </div>
      </div>
      <TextField
        ref={field}
        label={t('secondFactor.code')}
        hint={t('secondFactor.codeHint')}
        name="code"
        required
        minLength={6}
        maxLength={40}
        inputMode="numeric"
        autoComplete="one-time-code"
        spellCheck={false}
        error={confirm.isError ? failureText(confirm.error) : null}
      />
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{t('cancel')}</Button>
        <Button type="submit" look="primary" busy={confirm.isPending}>
          {t('secondFactor.turnOn')}
        </Button>
      </div>
    </form>
  )
}
