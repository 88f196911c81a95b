import { RefreshCw } from 'lucide-react'
import { memo } from 'react'
import { useTranslation } from 'react-i18next'

import type { FailureReason } from '@/contracts/frames'
import type { Participant, TurnRef } from '@/contracts/protocol'

import { Button } from '@/ui/Button'

import { FailureNote } from './FailureNote'
import { useAnswerAgain } from './RegenerateButton'
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
  const { again, busy } = useAnswerAgain(turn.reply_id)
  return (
    <ReplyFrame turn={turn} seat={seat} state="failed">
      {error.code === 'STOPPED' ? (
        <p className="text-sm text-muted">{t('finish.stoppedSilent')}</p>
      ) : (
        <FailureNote error={error} onOpenKeys={onOpenKeys} />
      )}
      {seat ? (
        <Button small look="ghost" busy={busy} onClick={again} icon={<RefreshCw size={15} />} className="mt-2">
          {t('versions.retry')}
        </Button>
      ) : null}
    </ReplyFrame>
  )
})
