import { Check, Copy } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { NewInvitation } from '@/contracts/rest'
import { Button } from '@/ui/Button'
import { Callout } from '@/ui/Callout'
import { TextField } from '@/ui/Field'
import { Modal } from '@/ui/Modal'

interface InvitationLinkProps {
  readonly invitation: NewInvitation
  readonly onClose: () => void
}

/** The link, shown this once; whether it was mailed as well. */
export function InvitationLink({ invitation, onClose }: InvitationLinkProps) {
  const { t } = useTranslation()
  const [copied, setCopied] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(invitation.url)
    setCopied(true)
  }
  return (
    <Modal
      title={t('invitations.made')}
      onClose={onClose}
      footer={
        <div className="flex justify-end">
          <Button look="primary" onClick={onClose}>
            {t('done')}
          </Button>
        </div>
      }
    >
      <div className="flex flex-col gap-4">
        <Callout tone="info">
          {invitation.mailed ? t('invitations.mailed', { email: invitation.email }) : t('invitations.notMailed')}
        </Callout>
        <TextField
          label={t('invitations.url')}
          hint={t('invitations.once')}
          value={invitation.url}
          readOnly
          onFocus={(event) => event.target.select()}
          className="font-mono text-[0.8125rem]"
        />
        {navigator.clipboard ? (
          <div>
            <Button small icon={copied ? <Check size={15} /> : <Copy size={15} />} onClick={() => void copy()}>
              {t(copied ? 'copied' : 'copy')}
            </Button>
          </div>
        ) : null}
      </div>
    </Modal>
  )
}
