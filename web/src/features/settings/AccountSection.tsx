import { DeleteAccount } from './DeleteAccount'
import { PasswordForm } from './PasswordForm'
import { PreferencesPanel } from './PreferencesPanel'
import { ProfileForm } from './ProfileForm'

export function AccountSection() {
  return (
    <>
      <ProfileForm />
      <PreferencesPanel />
      <PasswordForm />
      <DeleteAccount />
    </>
  )
}
