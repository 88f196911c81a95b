/** What goes with the person who leaves this device by their own wish. */
import { forgetCredentials, useAccount } from './credentials'
import { forgetDrafts } from './draftShelf'

export function leave(): void {
  const account = useAccount.getState()
  if (account.state === 'signed-in') forgetDrafts(localStorage, account.user.id)
  forgetCredentials()
}
