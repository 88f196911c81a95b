/**
 * What links carry is taken out of the address: it travels in the fragment, which no server ever sees, and is gone from
 * the address and the history before anything else happens. Null if there is none.
 */
function takeFromAddress(name: string): string | null {
  const value = new URLSearchParams(location.hash.slice(1)).get(name)
  if (value === null) return null
  history.replaceState(null, '', location.pathname + location.search)
  return value
}

/** The code of an invitation; one that somebody put into the query by hand is taken out there. */
export function takeInvitation(): string | null {
  const query = new URLSearchParams(location.search)
  const asked = query.get('invitation')
  if (asked !== null) {
    query.delete('invitation')
    const rest = query.toString()
    history.replaceState(null, '', location.pathname + (rest ? `?${rest}` : '') + location.hash)
  }
  return takeFromAddress('invitation') ?? asked
}

/** The one-time code of a sign-in link. */
export const takeSignInCode = () => takeFromAddress('code')

/** The secret of a mailed link that sets a new password. */
export const takeResetToken = () => takeFromAddress('reset')
