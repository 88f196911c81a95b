import { useTranslation } from 'react-i18next'

import type { Reply } from '@/contracts/protocol'
import { useSelectVersion, useVersions } from '@/lib/api/messages'
import { toast } from '@/ui/toasts'
import { useFailureText } from '@/ui/useFailureText'

import { Steps } from './Steps'

interface VersionSwitchProps {
  readonly reply: Reply
  /** The highest version that was asked for; those that failed have no text and are passed over. */
  readonly asked: number
}

/** Another version of an answer is shown, to everybody in the room and in later rounds. */
export function VersionSwitch({ reply, asked }: VersionSwitchProps) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const select = useSelectVersion()
  const onError = (failure: unknown) => toast(failureText(failure))
  const { data: versions } = useVersions(reply.id, asked)
  const place = versions?.findIndex(({ version }) => version === reply.version) ?? -1
  if (!versions || versions.length < 2 || place < 0) return null

  const show = (wanted: number) => {
    const version = versions[wanted]?.version
    if (version !== undefined) select.mutate({ replyId: reply.id, version }, { onError })
  }
  return (
    <Steps
      label={t('versions.of', { number: place + 1, count: versions.length })}
      older={t('versions.older')}
      newer={t('versions.newer')}
      place={place}
      count={versions.length}
      busy={select.isPending}
      onStep={show}
    />
  )
}
