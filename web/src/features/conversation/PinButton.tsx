import { Pin, PinOff } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import { usePin } from '@/lib/api/messages'
import { IconButton } from '@/ui/IconButton'
import { classes } from '@/ui/classes'
import { toast } from '@/ui/toasts'
import { useFailureText } from '@/ui/useFailureText'

interface PinButtonProps {
  readonly messageId: string
  readonly pinned: boolean
  readonly className?: string
}

/** Pins a message, so that every member goes on seeing it, or takes its pin away. */
export function PinButton({ messageId, pinned, className }: PinButtonProps) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const pin = usePin()
  const onError = (failure: unknown) => toast(failureText(failure))
  return (
    <IconButton
      small
      label={t(pinned ? 'pins.unpin' : 'pins.pin')}
      aria-pressed={pinned}
      disabled={pin.isPending}
      onClick={() => pin.mutate({ messageId, pinned: !pinned }, { onError })}
      className={classes(pinned && 'text-accent', className)}
    >
      {pinned ? <PinOff size={15} /> : <Pin size={15} />}
    </IconButton>
  )
}
