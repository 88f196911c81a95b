import { ArrowLeftRight, Ellipsis, EyeOff, Mic, MicOff, Pencil, UserMinus } from 'lucide-react'
import { memo, useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { ParticipantUsage, SessionView } from '@/contracts/protocol'
import { useModels } from '@/lib/api/models'
import { useRemoveParticipant, useUpdateParticipant } from '@/lib/api/sessions'
import { formatCompact, formatShare } from '@/lib/format'
import type { MemberState } from '@/realtime/memberStatus'
import { AvailabilityNote } from '@/ui/AvailabilityNote'
import { Avatar, memberStyle } from '@/ui/Avatar'
import { ConfirmModal } from '@/ui/ConfirmModal'
import { Menu, MenuItem, MenuLine } from '@/ui/Menu'
import { fillOf } from '@/ui/Meter'
import { classes } from '@/ui/classes'
import { toast } from '@/ui/toasts'
import { useFailureText } from '@/ui/useFailureText'

import { ContextMeter } from './ContextMeter'
import { ContextModal } from './ContextModal'
import { FailureNote } from './FailureNote'
import { MemberModal } from './MemberModal'
import { StatusText } from './StatusText'
import { SwitchModal } from './SwitchModal'

interface MemberCardProps extends Omit<MemberState, 'turnId'> {
  readonly session: SessionView
  readonly usage: ParticipantUsage | undefined
  readonly onOpenKeys: () => void
  /** Lead the reader to a message. */
  readonly onShow: (messageId: string) => void
}

export const MemberCard = memo(function MemberCard(card: MemberCardProps) {
  const { session, participant, status, error, usage, onOpenKeys, onShow } = card
  const model = useModels().data?.find(({ id }) => id === participant.model_id)
  const [looking, setLooking] = useState(false)
  return (
    <li
      style={memberStyle(participant.color)}
      data-member={participant.name}
      className="rounded-2xl border border-line bg-raised p-3.5"
    >
      <div className="flex items-center gap-3">
        <Avatar name={participant.name} color={participant.color} faded={status === 'muted'} />
        <div className="min-w-0 flex-1">
          <p className="truncate text-sm leading-tight font-semibold">{participant.name}</p>
          <p className="truncate text-xs text-muted">{participant.model_id}</p>
        </div>
        <MemberMenu session={session} participant={participant} usage={usage} onSwitched={() => setLooking(true)} />
      </div>
      <div className="mt-2.5 flex items-center justify-between">
        <StatusText status={status} />
        {usage ? <Filling usage={usage} name={participant.name} onOpen={() => setLooking(true)} /> : null}
      </div>
      <p className="mt-1.5 empty:hidden">{model ? <AvailabilityNote model={model} keyMissing={false} /> : null}</p>
      {usage ? (
        <div className="mt-1.5">
          <ContextMeter name={participant.name} usage={usage} />
          <LeftOut usage={usage} onOpen={() => setLooking(true)} />
        </div>
      ) : null}
      {looking && usage ? (
        <ContextModal
          session={session}
          participant={participant}
          usage={usage}
          onClose={() => setLooking(false)}
          onShow={(messageId) => {
            setLooking(false)
            onShow(messageId)
          }}
        />
      ) : null}
      {error ? (
        <div className="mt-3">
          <FailureNote error={error} onOpenKeys={onOpenKeys} />
        </div>
      ) : null}
    </li>
  )
})

const FILL_TEXT = { ok: 'text-muted', amber: 'text-warn', red: 'text-danger' } as const

interface FillingProps {
  readonly usage: ParticipantUsage
  readonly name: string
  readonly onOpen: () => void
}

function Filling({ usage, name, onOpen }: FillingProps) {
  const { t, i18n } = useTranslation()
  const compact = (value: number) => formatCompact(value, i18n.language)
  const numbers = { used: compact(usage.used), maximum: compact(usage.maximum), reserve: compact(usage.reserve) }
  return (
    <button
      type="button"
      onClick={onOpen}
      aria-label={t('context.details', { name, ...numbers })}
      title={t('context.figures', numbers)}
      className={classes(
        '-mr-1.5 rounded-md px-1.5 text-xs tabular-nums hover:bg-sunken',
        FILL_TEXT[fillOf(usage.used, usage.maximum)],
      )}
    >
      {numbers.used} / {numbers.maximum}
    </button>
  )
}

function LeftOut({ usage, onOpen }: Pick<FillingProps, 'usage' | 'onOpen'>) {
  const { t, i18n } = useTranslation()
  const count = usage.left_out ?? 0
  const summarised = usage.summarised ?? 0
  if (count === 0) return null
  return (
    <button
      type="button"
      onClick={onOpen}
      className="mt-2 -ml-1.5 flex flex-wrap items-center gap-x-1.5 rounded-md px-1.5 py-0.5 text-left text-xs font-medium text-warn hover:bg-sunken"
    >
      <EyeOff size={13} aria-hidden="true" />
      <span className="whitespace-nowrap">{t('context.unseen', { count })}</span>
      {summarised > 0 ? (
        <span className="pl-[19px] font-normal whitespace-nowrap text-muted">
          {t('context.shareSummarised', { share: formatShare(summarised, i18n.language) })}
        </span>
      ) : null}
    </button>
  )
}

interface MemberMenuProps extends Pick<MemberCardProps, 'session' | 'participant' | 'usage'> {
  readonly onSwitched: () => void
}

function MemberMenu({ session, participant, usage, onSwitched }: MemberMenuProps) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const { id, name, muted } = participant
  const [asking, setAsking] = useState<'edit' | 'switch' | 'remove' | null>(null)
  const update = useUpdateParticipant(session.id)
  const remove = useRemoveParticipant(session.id)
  const onError = (failure: unknown) => toast(failureText(failure))
  return (
    <>
      <Menu
        trigger={
          <button
            type="button"
            aria-label={t('members.actionsFor', { name })}
            className="rounded-lg p-1.5 text-muted hover:bg-sunken hover:text-ink data-[state=open]:bg-sunken"
          >
            <Ellipsis size={16} />
          </button>
        }
      >
        <MenuItem
          icon={muted ? <Mic size={15} /> : <MicOff size={15} />}
          onSelect={() => update.mutate({ id, muted: !muted }, { onError })}
        >
          {muted ? t('members.unmute') : t('members.mute')}
        </MenuItem>
        <MenuItem icon={<Pencil size={15} />} onSelect={() => setAsking('edit')}>
          {t('members.edit')}
        </MenuItem>
        <MenuItem icon={<ArrowLeftRight size={15} />} onSelect={() => setAsking('switch')}>
          {t('switch.title')}
        </MenuItem>
        <MenuLine />
        <MenuItem icon={<UserMinus size={15} />} danger onSelect={() => setAsking('remove')}>
          {t('members.remove')}
        </MenuItem>
      </Menu>
      {asking === 'edit' ? (
        <MemberModal session={session} participant={participant} onClose={() => setAsking(null)} />
      ) : null}
      {asking === 'switch' ? (
        <SwitchModal
          session={session}
          participant={participant}
          usage={usage}
          onClose={() => setAsking(null)}
          onSwitched={() => {
            setAsking(null)
            onSwitched()
          }}
        />
      ) : null}
      {asking === 'remove' ? (
        <ConfirmModal
          title={t('members.removeTitle', { name })}
          text={t('members.removeText')}
          action={t('members.remove')}
          busy={remove.isPending}
          onClose={() => setAsking(null)}
          onConfirm={() => remove.mutate(id, { onError, onSettled: () => setAsking(null) })}
        />
      ) : null}
    </>
  )
}
