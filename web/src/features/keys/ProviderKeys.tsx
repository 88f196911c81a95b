import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { KeyView } from '@/contracts/rest'
import { useChangeKeys } from '@/lib/api/keys'
import { useProviderNames } from '@/lib/api/models'
import { toast } from '@/ui/toasts'
import { useFailureText } from '@/ui/useFailureText'

import { KeyRow } from './KeyRow'
import { type Direction, moved, turnsOf } from './order'

interface ProviderKeysProps {
  readonly provider: string
  readonly keys: readonly KeyView[]
}

/** A provider's keys in the order of their use: one's own first, then those that are shared. */
export function ProviderKeys({ provider, keys }: ProviderKeysProps) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const names = useProviderNames()
  const change = useChangeKeys()
  const [pressed, setPressed] = useState<{ readonly button: string } | null>(null)
  // A row that changed its place has lost the focus on the way.
  useEffect(() => {
    if (pressed !== null) document.getElementById(pressed.button)?.focus()
  }, [pressed])
  const name = names.get(provider) ?? provider
  const groups = (['personal', 'shared'] as const).map((scope) => keys.filter((key) => key.scope === scope))

  const move = (group: readonly KeyView[], id: string, direction: Direction) =>
    change.mutate(moved(group, id, direction), {
      onSuccess: () => setPressed({ button: `${direction}-${id}` }),
      onError: (failure) => toast(failureText(failure)),
    })

  return (
    <section aria-label={t('keys.of', { provider: name })}>
      <h2 className="text-[0.8125rem] font-semibold text-muted">{name}</h2>
      <ul className="mt-3 flex flex-col gap-2.5">
        {groups.flatMap((group) => {
          const turns = turnsOf(group)
          return turns.flatMap((turn, place) =>
            turn.map((key) => (
              <KeyRow
                key={key.id}
                entry={key}
                turn={turn}
                place={place}
                places={turns.length}
                busy={change.isPending}
                onMove={(direction) => move(group, key.id, direction)}
              />
            )),
          )
        })}
      </ul>
    </section>
  )
}
