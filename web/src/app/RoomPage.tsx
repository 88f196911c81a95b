import { useState } from 'react'

import type { SessionView } from '@/contracts/protocol'
import { AddMembersModal } from '@/features/convene/AddMembersModal'
import { Conversation } from '@/features/conversation/Conversation'
import { navigate } from '@/lib/route'

export function RoomPage({ sessionId }: { readonly sessionId: string }) {
  const [adding, setAdding] = useState<SessionView | null>(null)
  return (
    <>
      <Conversation
        sessionId={sessionId}
        onAddMembers={setAdding}
        onOpenKeys={() => navigate({ page: 'keys' })}
        onLeave={() => navigate({ page: 'home' })}
      />
      {adding ? <AddMembersModal session={adding} onClose={() => setAdding(null)} /> : null}
    </>
  )
}
