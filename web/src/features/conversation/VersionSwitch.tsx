import { ChevronLeft, ChevronRight } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import type { Reply } from '@/contracts/protocol'
import { useSelectVersion, useVersions } from '@/lib/api/messages'
import { IconButton } from '@/ui/IconButton'
import { toast } from '@/ui/toasts'
import { useFailureText } from '@/ui/useFailureText'

interface VersionSwitchProps {
  readonly reply: Reply
  /** The highest version that was asked for; those that failed have no text and are passed over. */
  readonly asked: number
}

/** ‹ 2/3 ›: another version of an answer is shown, to everybody in the room and in later rounds. */
export function VersionSwitch({ reply, asked }: VersionSwitchProps) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const select = useSelectVersion()
  const onError = (failure: unknown) => toast(failureText(failure))
  const { data: versions } = useVersions(reply.id, asked)
  const place = versions?.findIndex(({ version }) => version === reply.version) ?? -1
  if (!versions || versions.length < 2 || place < 0) return null

  const step = (by: 1 | -1) => {
    const wanted = versions[place + by]
    if (!wanted) return null
    return () => select.mutate({ replyId: reply.id, version: wanted.version }, { onError })
  }
  const [older, newer] = [step(-1), step(1)]
  const shown = { number: place + 1, count: versions.length }
  return (
    <span role="group" aria-label={t('versions.of', shown)} className="flex items-center text-xs text-muted tabular-nums">
      <IconButton small label={t('versions.older')} disabled={!older || select.isPending} onClick={older ?? undefined}>
        <ChevronLeft size={15} />
      </IconButton>
      <span aria-hidden>{t('versions.place', shown)}</span>
      <IconButton small label={t('versions.newer')} disabled={!newer || select.isPending} onClick={newer ?? undefined}>
        <ChevronRight size={15} />
      </IconButton>
    </span>
  )
}
