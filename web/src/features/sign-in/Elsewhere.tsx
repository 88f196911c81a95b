import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { type SignInProvider, signInElsewhere, signInProviders } from '@/lib/api/auth'
import { Callout } from '@/ui/Callout'
import { useFailureText } from '@/ui/useFailureText'

const LINK =
  'flex h-11 items-center justify-center rounded-xl border border-line-strong bg-raised font-medium text-ink transition-colors hover:bg-sunken'
const FAILED = '#sign-in-failed='

/**
 * Where else people may sign in; nothing where an operator has named no place. The browser leaves the page for it, with
 * the code of an invitation handed to the server before, for it belongs into no address.
 */
export function Elsewhere({ invitation }: { readonly invitation: string | null }) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const [failure, setFailure] = useState<unknown>(() => cameBackWith(window.location.hash, t('failures.OAUTH_FAILED')))
  const [providers, setProviders] = useState<readonly SignInProvider[]>([])
  useEffect(() => {
    let here = true
    signInProviders().then(
      (found) => here && setProviders(found),
      () => undefined, // the password still signs in
    )
    return () => {
      here = false
    }
  }, [])
  return (
    <div className="mt-6 flex flex-col gap-3">
      {failure ? (
        <Callout tone="warn" urgent>
          {failureText(failure)}
        </Callout>
      ) : null}
      {providers.map(({ id, name }) =>
        invitation === null ? (
          <a key={id} href={`/api/v1/auth/oauth/${id}`} className={LINK}>
            {t('signIn.with', { name })}
          </a>
        ) : (
          <button
            key={id}
            type="button"
            className={LINK}
            onClick={() => void signInElsewhere(id, invitation).then((url) => window.location.assign(url), setFailure)}
          >
            {t('signIn.with', { name })}
          </button>
        ),
      )}
    </div>
  )
}

/** What went wrong there, by the code that the server put behind the address; null if nothing did. */
function cameBackWith(hash: string, message: string): { readonly code: string; readonly message: string } | null {
  return hash.startsWith(FAILED) ? { code: hash.slice(FAILED.length), message } : null
}
