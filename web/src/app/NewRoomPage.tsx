import { ConveneModal } from '@/features/convene/ConveneModal'
import { navigate } from '@/lib/route'

import { HomePage } from './HomePage'

/** Entering a new room opens the picker by itself. */
export function NewRoomPage() {
  return (
    <>
      <HomePage />
      <ConveneModal
        onCreated={({ id }) => navigate({ page: 'room', sessionId: id }, { replace: true })}
        onClose={() => navigate({ page: 'home' }, { replace: true })}
      />
    </>
  )
}
