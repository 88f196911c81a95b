import { useTranslation } from 'react-i18next'

import type { ParticipantUsage } from '@/contracts/protocol'
import type { MemberState } from '@/realtime/memberStatus'
import { Avatar, memberStyle } from '@/ui/Avatar'
import { classes } from '@/ui/classes'

import { ContextMeter } from './ContextMeter'
import { StatusText } from './StatusText'

interface MemberChipProps {
  readonly member: MemberState
  readonly usage: ParticipantUsage | undefined
  readonly onOpen: () => void
}

/** A member in one glance: who, what it is doing, how full its window is. */
export function MemberChip({ member, usage, onOpen }: MemberChipProps) {
  const { t } = useTranslation()
  const { participant, status } = member
  return (
    <button
      type="button"
      onClick={onOpen}
      style={memberStyle(participant.color)}
      className={classes(
        'relative flex w-40 items-center gap-2.5 rounded-2xl border bg-surface p-2 pr-3 text-left transition-colors hover:bg-raised',
        status === 'error' ? 'border-danger/50' : 'border-line',
        (status === 'streaming' || status === 'thinking') && 'border-member',
      )}
    >
      <Avatar name={participant.name} color={participant.color} faded={status === 'muted'} />
      <span className="min-w-0 flex-1">
        <span className="block truncate text-[0.8125rem] leading-tight font-semibold">{participant.name}</span>
        <StatusText status={status} />
        {usage ? (
          <span className="mt-1 block">
            <ContextMeter name={participant.name} usage={usage} />
          </span>
        ) : null}
        <span className="sr-only">{t('members.open')}</span>
      </span>
    </button>
  )
}
