import { useTranslation } from 'react-i18next'

import type { MemberStatus } from '@/realtime/memberStatus'
import { classes } from '@/ui/classes'

const LOOKS: Record<MemberStatus, string> = {
  ready: 'text-muted',
  thinking: 'text-member',
  streaming: 'text-member',
  stopping: 'text-muted',
  error: 'text-danger',
  muted: 'text-muted',
}

/** A member's status in a word; its dot moves while something is going on. */
export function StatusText({ status }: { readonly status: MemberStatus }) {
  const { t } = useTranslation()
  const busy = status === 'thinking' || status === 'streaming' || status === 'stopping'
  return (
    <span data-status={status} className={classes('inline-flex items-center gap-1.5 text-xs font-medium', LOOKS[status])}>
      <span
        aria-hidden="true"
        className={classes(
          'size-1.5 rounded-full',
          status === 'ready' ? 'bg-(--meter-ok)' : 'bg-current',
          status === 'muted' && 'opacity-40',
          busy && 'animate-pulse',
        )}
      />
      {t(`status.${status}`)}
    </span>
  )
}
