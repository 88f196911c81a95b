import { memo } from 'react'
import { useTranslation } from 'react-i18next'

import type { FailureReason } from '@/contracts/frames'
import type { Participant, TurnRef } from '@/contracts/protocol'

import { FailureNote } from './FailureNote'
import { ReplyFrame } from './ReplyFrame'

interface FailedReplyProps {
  readonly turn: TurnRef
  readonly error: FailureReason
  readonly seat: Participant | undefined
  readonly onOpenKeys: () => void
}

/** A turn without any text: its member failed, or a person stopped it first. The others go on. */
export const FailedReply = memo(function FailedReply({ turn, error, seat, onOpenKeys }: FailedReplyProps) {
  const { t } = useTranslation()
  return (
    <ReplyFrame turn={turn} seat={seat} state="failed">
      {error.code === 'STOPPED' ? (
        <p className="text-sm text-muted">{t('finish.stoppedSilent')}</p>
      ) : (
        <FailureNote error={error} onOpenKeys={onOpenKeys} />
      )}
    </ReplyFrame>
  )
})
