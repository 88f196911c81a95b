import { useTranslation } from 'react-i18next'

import type { SessionView } from '@/contracts/protocol'
import { usePinned } from '@/lib/api/messages'
import { usePins } from '@/realtime/hooks'
import { Button } from '@/ui/Button'
import { Callout } from '@/ui/Callout'
import { Modal } from '@/ui/Modal'
import { useFailureText } from '@/ui/useFailureText'

import { ExcerptRow } from './ExcerptRow'
import { PinButton } from './PinButton'
import { excerptOf } from './excerpts'

interface PinsModalProps {
  readonly session: SessionView
  readonly onShow: (messageId: string) => void
  readonly onClose: () => void
}

/** What is pinned in a room, the last pinned first. */
export function PinsModal({ session, onShow, onClose }: PinsModalProps) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const pins = usePins(session.id)
  const pinned = usePinned(session.id, pins)
  const listed = (pinned.data ?? []).flatMap((item) => excerptOf(item) ?? [])
  return (
    <Modal title={t('pins.title')} description={t('pins.about')} onClose={onClose}>
      {pinned.isError ? (
        <Callout tone="danger" action={<Button small onClick={() => void pinned.refetch()}>{t('tryAgain')}</Button>}>
          {failureText(pinned.error)}
        </Callout>
      ) : null}
      {pins.length === 0 ? <p className="py-6 text-center text-sm text-muted">{t('pins.none')}</p> : null}
      <ul aria-label={t('pins.title')} className="flex flex-col gap-1">
        {listed
          .filter(({ id }) => pins.includes(id))
          .map((excerpt) => (
            <li key={excerpt.id} className="flex items-start gap-1">
              <ExcerptRow excerpt={excerpt} seats={session.participants} onShow={onShow} />
              <PinButton messageId={excerpt.id} pinned />
            </li>
          ))}
      </ul>
    </Modal>
  )
}
