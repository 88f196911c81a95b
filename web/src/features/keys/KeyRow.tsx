import { ChevronDown, ChevronUp, ShieldCheck } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import type { KeyView } from '@/contracts/rest'
import { useValidateKey } from '@/lib/api/keys'
import { Button } from '@/ui/Button'
import { IconButton } from '@/ui/IconButton'
import { toast } from '@/ui/toasts'
import { useFailureText } from '@/ui/useFailureText'

import { KeyFacts } from './KeyFacts'
import { KeyMenu } from './KeyMenu'
import { KeyQuotaMeters } from './KeyQuotaMeters'
import type { Direction } from './order'
import { hasQuota } from './quota'

interface KeyRowProps {
  readonly entry: KeyView
  /** Those that are used at the same time, this one among them. */
  readonly turn: readonly KeyView[]
  readonly place: number
  readonly places: number
  readonly busy: boolean
  readonly onMove: (direction: Direction) => void
}

export function KeyRow({ entry, turn, place, places, busy, onMove }: KeyRowProps) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const validate = useValidateKey()
  const movable = entry.editable && (places > 1 || turn.length > 1)
  const check = () =>
    validate.mutate(entry.id, {
      onSuccess: (verdict) => toast(verdict.valid ? t('keys.valid') : failureText(verdict)),
      onError: (failure) => toast(failureText(failure)),
    })
  const move = (direction: Direction, possible: boolean, icon: React.ReactNode) => (
    <IconButton
      id={`${direction}-${entry.id}`}
      label={t(`keys.${direction}`)}
      small
      // Stays in the way of the Tab key while it does nothing, or the focus would be lost.
      aria-disabled={busy || !possible}
      onClick={() => {
        if (!busy && possible) onMove(direction)
      }}
      className="aria-disabled:opacity-40"
    >
      {icon}
    </IconButton>
  )
  return (
    <li className="rounded-2xl border border-line bg-surface p-4">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
        <KeyFacts entry={entry} turn={turn} place={place} places={places} />
        {entry.editable ? (
          <div className="flex items-center gap-1">
            {movable ? move('earlier', place > 0 || turn.length > 1, <ChevronUp size={16} />) : null}
            {movable ? move('later', place < places - 1 || turn.length > 1, <ChevronDown size={16} />) : null}
            <Button small busy={validate.isPending} icon={<ShieldCheck size={15} />} onClick={check}>
              {t('keys.validate')}
            </Button>
            <KeyMenu entry={entry} />
          </div>
        ) : null}
      </div>
      {entry.editable && hasQuota(entry.quota) ? <KeyQuotaMeters id={entry.id} /> : null}
    </li>
  )
}
