/**
 * The one-time code of a sign-in link, taken out of the address: it travels in the fragment, which no server ever sees,
 * and is gone from the address and the history before anything else happens. Null if there is none.
 */
export function takeSignInCode(): string | null {
  const code = new URLSearchParams(location.hash.slice(1)).get('code')
  if (code === null) return null
  history.replaceState(null, '', location.pathname + location.search)
  return code
}
