import { useTranslation } from 'react-i18next'

import { useShowBranch } from '@/lib/api/messages'
import type { Wordings } from '@/realtime/branches'
import { toast } from '@/ui/toasts'
import { useFailureText } from '@/ui/useFailureText'

import { Steps } from './Steps'

interface WordingSwitchProps {
  readonly sessionId: string
  readonly wordings: Wordings
}

/** Another wording of a message is shown, with what followed it. */
export function WordingSwitch({ sessionId, wordings: { branches, place } }: WordingSwitchProps) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const show = useShowBranch(sessionId)
  const onError = (failure: unknown) => toast(failureText(failure))
  const onStep = (wanted: number) => {
    const branch = branches[wanted]
    if (branch !== undefined) show.mutate(branch, { onError })
  }
  return (
    <Steps
      label={t('wordings.of', { number: place + 1, count: branches.length })}
      older={t('wordings.older')}
      newer={t('wordings.newer')}
      place={place}
      count={branches.length}
      busy={show.isPending}
      onStep={onStep}
    />
  )
}
