import { Archive, ArchiveRestore, Braces, Ellipsis, FileText, Pencil, Share2, Trash2 } from 'lucide-react'
import { Suspense, lazy, useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { SessionView } from '@/contracts/protocol'
import { useArchiveSession } from '@/lib/api/sessions'
import { pathOf } from '@/lib/route'
import { roomTitle } from '@/lib/roomTitle'
import { memberStyle } from '@/ui/Avatar'
import { Menu, MenuItem } from '@/ui/Menu'
import { classes } from '@/ui/classes'
import { toast } from '@/ui/toasts'
import { useFailureText } from '@/ui/useFailureText'

import { RenameModal } from './RenameModal'
import { useDeletion } from './useDeletion'
import { useExport } from './useExport'

const ShareModal = lazy(async () => ({ default: (await import('./ShareModal')).ShareModal }))

interface RoomRowProps {
  readonly room: SessionView
  readonly open: boolean
  readonly onOpen: () => void
  readonly onDeleted: () => void
}

const SHOWN_MEMBERS = 5

export function RoomRow({ room, open, onOpen, onDeleted }: RoomRowProps) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const [renaming, setRenaming] = useState(false)
  const [sharing, setSharing] = useState(false)
  const remove = useDeletion(onDeleted)
  const archive = useArchiveSession()
  const save = useExport(room)
  const title = roomTitle(room, t('rooms.untitled'))
  const onError = (failure: unknown) => toast(failureText(failure))
  const toggleArchive = () => archive.mutate({ id: room.id, archived: !room.archived }, { onError })
  return (
    <li className={classes('group relative rounded-xl', open ? 'bg-sunken' : 'hover:bg-sunken/60')}>
      <a
        href={pathOf({ page: 'room', sessionId: room.id })}
        aria-current={open ? 'page' : undefined}
        onClick={(event) => {
          if (event.metaKey || event.ctrlKey || event.shiftKey) return
          event.preventDefault()
          onOpen()
        }}
        className="block rounded-xl py-2 pr-10 pl-3"
      >
        <span className={classes('block truncate text-sm', open && 'font-medium')}>{title}</span>
        <span aria-hidden="true" className="mt-1 flex gap-1">
          {room.participants.slice(0, SHOWN_MEMBERS).map(({ id, color }) => (
            <span key={id} style={memberStyle(color)} className="bg-member size-1.5 rounded-full" />
          ))}
        </span>
      </a>
      <Menu
        trigger={
          <button
            type="button"
            aria-label={t('rooms.actionsFor', { title })}
            className="absolute top-1.5 right-1.5 rounded-lg p-1.5 text-muted hover:bg-line hover:text-ink focus-visible:opacity-100 data-[state=open]:opacity-100 sm:opacity-0 sm:group-hover:opacity-100"
          >
            <Ellipsis size={16} />
          </button>
        }
      >
        <MenuItem icon={<Pencil size={15} />} onSelect={() => setRenaming(true)}>
          {t('rooms.rename')}
        </MenuItem>
        <MenuItem icon={<Share2 size={15} />} onSelect={() => setSharing(true)}>
          {t('shares.share')}
        </MenuItem>
        <MenuItem icon={<FileText size={15} />} onSelect={() => save('md')}>
          {t('rooms.exportText')}
        </MenuItem>
        <MenuItem icon={<Braces size={15} />} onSelect={() => save('json')}>
          {t('rooms.exportData')}
        </MenuItem>
        <MenuItem icon={room.archived ? <ArchiveRestore size={15} /> : <Archive size={15} />} onSelect={toggleArchive}>
          {t(room.archived ? 'rooms.unarchive' : 'rooms.archive')}
        </MenuItem>
        <MenuItem icon={<Trash2 size={15} />} danger onSelect={() => remove(room.id, title)}>
          {t('rooms.delete')}
        </MenuItem>
      </Menu>
      {sharing ? (
        <Suspense fallback={null}>
          <ShareModal sessionId={room.id} title={title} onClose={() => setSharing(false)} />
        </Suspense>
      ) : null}
      {renaming ? <RenameModal room={room} onClose={() => setRenaming(false)} /> : null}
    </li>
  )
}
