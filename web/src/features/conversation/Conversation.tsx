import { useTranslation } from 'react-i18next'

import type { SessionView } from '@/contracts/protocol'
import { useFollow, useLiveSession, useLiveState, usePendingPosts } from '@/realtime/hooks'
import { useRestoreSession } from '@/lib/api/sessions'
import { usePreferences } from '@/lib/preferences'
import { Button } from '@/ui/Button'
import { toast } from '@/ui/toasts'
import { useFailureText } from '@/ui/useFailureText'

import { Announcer } from './Announcer'
import { ArchivedNote } from './ArchivedNote'
import { Composer } from './Composer'
import { MembersPanel } from './MembersPanel'
import { PendingMessage } from './PendingMessage'
import { RoomHeader } from './RoomHeader'
import { leadTo } from './reading'
import { Transcript } from './Transcript'

interface ConversationProps {
  readonly sessionId: string
  /** Open the picker for more members. */
  readonly onAddMembers: (session: SessionView) => void
  readonly onOpenKeys: () => void
  readonly onLeave: () => void
}

export function Conversation({ sessionId, onAddMembers, onOpenKeys, onLeave }: ConversationProps) {
  const { t } = useTranslation()
  useFollow(sessionId)
  const session = useLiveSession(sessionId)
  const refusal = useLiveState(({ refused }) => refused[sessionId])
  const deleted = useLiveState(({ rooms }) => rooms[sessionId]?.deleted ?? false)
  const membersOpen = usePreferences((preferences) => preferences.membersOpen)
  if (refusal !== undefined || deleted) return <Gone sessionId={sessionId} deleted={deleted} onLeave={onLeave} />
  if (!session) return <Opening sessionId={sessionId} />
  const addMembers = () => onAddMembers(session)
  const show = (messageId: string) => leadTo(sessionId, messageId)
  return (
    <div className="flex h-full min-w-0">
      <div className="flex min-w-0 flex-1 flex-col">
        <RoomHeader session={session} onAddMembers={addMembers} onOpenKeys={onOpenKeys} onShow={show} />
        <Transcript session={session} onOpenKeys={onOpenKeys} onAddMembers={addMembers} />
        {session.archived ? (
          <ArchivedNote sessionId={session.id} />
        ) : (
          <Composer session={session} onAddMembers={addMembers} />
        )}
      </div>
      {membersOpen ? (
        <aside
          aria-label={t('members.title')}
          className="scroll-quiet hidden w-80 shrink-0 overflow-y-auto border-l border-line bg-surface xl:block"
        >
          <MembersPanel session={session} onAddMembers={addMembers} onOpenKeys={onOpenKeys} onShow={show} />
        </aside>
      ) : null}
      <Announcer sessionId={sessionId} />
    </div>
  )
}

/** What was said and is not sent yet is in sight even while the room cannot be opened: after a reload without a network. */
function Opening({ sessionId }: { readonly sessionId: string }) {
  const { t } = useTranslation()
  const pending = usePendingPosts(sessionId)
  return (
    <div className="mx-auto h-full w-full max-w-3xl overflow-y-auto p-8 pt-24">
      <div role="status" aria-label={t('room.opening')} className="flex flex-col gap-8">
        {[72, 90, 60].map((width) => (
          <div key={width} className="flex gap-4">
            <span className="size-9 animate-pulse rounded-xl bg-sunken" />
            <span className="flex flex-1 flex-col gap-3 pt-2">
              <span className="h-3 w-24 animate-pulse rounded-full bg-sunken" />
              <span className="h-3 animate-pulse rounded-full bg-sunken" style={{ width: `${width}%` }} />
            </span>
          </div>
        ))}
      </div>
      {pending.map((post) => (
        <PendingMessage key={post.clientMessageId} post={post} />
      ))}
    </div>
  )
}

interface GoneProps {
  readonly sessionId: string
  readonly deleted: boolean
  readonly onLeave: () => void
}

function Gone({ sessionId, deleted, onLeave }: GoneProps) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const restore = useRestoreSession()
  const takeBack = () => restore.mutate(sessionId, { onError: (failure) => toast(failureText(failure)) })
  return (
    <div className="flex h-full flex-col items-center justify-center gap-3 p-8 text-center">
      <h1 className="font-serif text-2xl font-medium">{deleted ? t('room.deleted') : t('room.notFound')}</h1>
      <p className="max-w-sm text-muted">{deleted ? t('room.deletedHint') : t('room.notFoundHint')}</p>
      <div className="mt-3 flex flex-wrap justify-center gap-2">
        {deleted ? (
          <Button look="primary" busy={restore.isPending} onClick={takeBack}>
            {t('rooms.restore')}
          </Button>
        ) : null}
        <Button onClick={onLeave}>{t('room.back')}</Button>
      </div>
    </div>
  )
}
