import { Columns3, PanelRight, Pin, Settings2, UserPlus } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { SessionView } from '@/contracts/protocol'
import { useChangePreferences } from '@/lib/api/preferences'
import { usePreferences } from '@/lib/preferences'
import { roomTitle } from '@/lib/roomTitle'
import { useContextUsage, useMembers, usePins } from '@/realtime/hooks'
import { IconButton } from '@/ui/IconButton'
import { Modal } from '@/ui/Modal'
import { classes } from '@/ui/classes'

import { MemberChip } from './MemberChip'
import { MembersPanel } from './MembersPanel'
import { PinsModal } from './PinsModal'
import { RoomSettingsModal } from './RoomSettingsModal'

interface RoomHeaderProps {
  readonly session: SessionView
  readonly onAddMembers: () => void
  readonly onOpenKeys: () => void
  readonly onShow: (messageId: string) => void
}

export function RoomHeader({ session, onAddMembers, onOpenKeys, onShow }: RoomHeaderProps) {
  const { t } = useTranslation()
  const members = useMembers(session.id)
  const pins = usePins(session.id).length
  const usage = useContextUsage(session.id)
  const membersOpen = usePreferences((preferences) => preferences.membersOpen)
  const comparing = usePreferences(({ roomView }) => roomView === 'columns')
  const change = useChangePreferences()
  const [open, setOpen] = useState<'settings' | 'members' | 'pins' | null>(null)
  const show = (messageId: string) => {
    setOpen(null)
    onShow(messageId)
  }
  return (
    <header className="border-b border-line bg-canvas/90">
      <div className="flex h-14 items-center gap-1 pr-3 pl-14 md:pl-6">
        <h1 className="min-w-0 flex-1 truncate text-[0.9375rem] font-semibold">{roomTitle(session, t('rooms.untitled'))}</h1>
        {pins > 0 ? (
          <IconButton label={t('pins.open', { count: pins })} onClick={() => setOpen('pins')} className="w-auto! gap-1 px-2">
            <Pin size={17} />
            <span aria-hidden="true" className="text-xs font-medium tabular-nums">
              {pins}
            </span>
          </IconButton>
        ) : null}
        <IconButton
          label={t('columns.show')}
          aria-pressed={comparing}
          onClick={() => change({ roomView: comparing ? 'transcript' : 'columns' })}
        >
          <Columns3 size={18} />
        </IconButton>
        <IconButton label={t('members.add')} onClick={onAddMembers}>
          <UserPlus size={18} />
        </IconButton>
        <IconButton label={t('room.settings')} onClick={() => setOpen('settings')}>
          <Settings2 size={18} />
        </IconButton>
        <IconButton
          label={t('members.panel')}
          aria-pressed={membersOpen}
          className="max-xl:hidden"
          onClick={() => usePreferences.setState({ membersOpen: !membersOpen })}
        >
          <PanelRight size={18} />
        </IconButton>
      </div>
      <ul
        aria-label={t('members.title')}
        className={classes('relative flex [scrollbar-width:none] gap-2 overflow-x-auto px-4 pb-2.5 md:px-6', membersOpen && 'xl:hidden')}
      >
        {members.map((member) => (
          <li key={member.participant.id}>
            <MemberChip
              member={member}
              usage={usage?.participants.find(({ id }) => id === member.participant.id)}
              onOpen={() => setOpen('members')}
            />
          </li>
        ))}
      </ul>
      {open === 'settings' ? <RoomSettingsModal session={session} onClose={() => setOpen(null)} /> : null}
      {open === 'pins' ? <PinsModal session={session} onShow={show} onClose={() => setOpen(null)} /> : null}
      {open === 'members' ? (
        <Modal title={t('members.title')} onClose={() => setOpen(null)}>
          <div className="-mx-5 -mt-2">
            <MembersPanel
              bare
              session={session}
              onAddMembers={onAddMembers}
              onOpenKeys={onOpenKeys}
              onShow={show}
            />
          </div>
        </Modal>
      ) : null}
    </header>
  )
}
