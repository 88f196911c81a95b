import { UserPlus } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import type { SessionView } from '@/contracts/protocol'
import { Avatar } from '@/ui/Avatar'
import { Button } from '@/ui/Button'

interface EmptyRoomProps {
  readonly session: SessionView
  readonly onAddMembers: () => void
}

export function EmptyRoom({ session, onAddMembers }: EmptyRoomProps) {
  const { t } = useTranslation()
  const { participants } = session
  return (
    <div className="flex flex-1 flex-col items-center justify-center pb-16 text-center">
      <div className="flex -space-x-1.5">
        {participants.map(({ id, name, color }) => (
          <span key={id} className="rounded-xl ring-3 ring-canvas">
            <Avatar name={name} color={color} />
          </span>
        ))}
      </div>
      <h2 className="mt-6 font-serif text-[1.625rem] font-medium tracking-[-0.015em]">
        {participants.length > 0 ? t('room.emptyTitle', { count: participants.length }) : t('room.nobodyTitle')}
      </h2>
      <p className="mt-2 max-w-md text-muted">{participants.length > 0 ? t('room.emptyText') : t('room.nobodyText')}</p>
      {participants.length === 0 ? (
        <Button look="primary" className="mt-6" icon={<UserPlus size={17} />} onClick={onAddMembers}>
          {t('members.add')}
        </Button>
      ) : null}
    </div>
  )
}
