import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { type SignInProvider, signInProviders } from '@/lib/api/auth'
import { Callout } from '@/ui/Callout'

/** Where else people may sign in; nothing where an operator has named no place. The browser leaves the page for it. */
export function Elsewhere() {
  const { t } = useTranslation()
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
      {window.location.hash.startsWith('#sign-in-failed=') ? (
        <Callout tone="warn" urgent>
          {t('signIn.elsewhereFailed')}
        </Callout>
      ) : null}
      {providers.map(({ id, name }) => (
        <a
          key={id}
          href={`/api/v1/auth/oauth/${id}`}
          className="flex h-11 items-center justify-center rounded-xl border border-line-strong bg-raised font-medium text-ink transition-colors hover:bg-sunken"
        >
          {t('signIn.with', { name })}
        </a>
      ))}
    </div>
  )
}
