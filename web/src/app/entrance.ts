/** How a visit begins: by a sign-in link if the address carries one, else by the cookie of an earlier visit. */
import { redeemLink } from '@/lib/api/auth'
import { accessToken } from '@/lib/credentials'

import { takeInvitation, takeResetToken, takeSignInCode } from './signInCode'

export interface Entrance {
  /** Why a sign-in link did not work; null if none was tried, or it did. */
  readonly linkFailure: unknown
  /** The secret of a link that sets a new password, if the address carried one. */
  readonly resetToken: string | null
  /** The code of an invitation, if the address carried one. */
  readonly invitation: string | null
}

let underWay: Promise<Entrance> | null = null

/** Throws `ApiFailure` if the server cannot be asked; calling it again tries again. */
export function enter(): Promise<Entrance> {
  // A link that is opened while the visit still begins counts, too.
  const entering = underWay === null ? begin() : location.hash === '' ? underWay : underWay.then(begin, begin)
  const over = () => {
    if (underWay === entering) underWay = null
  }
  underWay = entering
  entering.then(over, over)
  return entering
}

async function begin(): Promise<Entrance> {
  const code = takeSignInCode()
  const resetToken = takeResetToken()
  const invitation = takeInvitation()
  let linkFailure: unknown = null
  if (code !== null) {
    try {
      await redeemLink(code)
      return { linkFailure, resetToken, invitation }
    } catch (failure) {
      linkFailure = failure
    }
  }
  await accessToken()
  return { linkFailure, resetToken, invitation }
}
