import { useTranslation } from 'react-i18next'

import type { ModelCard } from '@/contracts/rest'
import { formatCompact, formatCost, pricePerMillion } from '@/lib/format'
import { AvailabilityNote } from '@/ui/AvailabilityNote'
import { classes } from '@/ui/classes'

interface ModelChoiceProps {
  readonly model: ModelCard
  readonly provider: string
  readonly keyMissing: boolean
  readonly chosen: boolean
  readonly onChoose: () => void
}

/** One model in a list from which one is chosen. */
export function ModelChoice({ model, provider, keyMissing, chosen, onChoose }: ModelChoiceProps) {
  const { t, i18n } = useTranslation()
  const [input, output] = [model.input_price, model.output_price].map(pricePerMillion)
  const price =
    input === 0 && output === 0
      ? t('convene.free')
      : `${formatCost(input ?? 0, i18n.language)} / ${formatCost(output ?? 0, i18n.language)}`
  return (
    <label
      className={classes(
        'flex cursor-pointer items-center gap-3 rounded-xl border px-3.5 py-2.5 transition-colors',
        'has-focus-visible:outline-2 has-focus-visible:outline-accent',
        chosen ? 'border-accent bg-accent-soft/60' : 'border-line bg-raised hover:border-line-strong',
      )}
    >
      <input
        type="radio"
        name="model"
        checked={chosen}
        onChange={onChoose}
        aria-label={model.display_name}
        className="size-4 shrink-0 accent-(--accent)"
      />
      <span className="min-w-0 flex-1">
        <span className="block truncate text-sm font-semibold">{model.display_name}</span>
        <span className="block truncate text-xs text-muted">{provider}</span>
        <AvailabilityNote model={model} keyMissing={keyMissing} />
      </span>
      <span className="shrink-0 text-right text-xs text-muted tabular-nums">
        <span className="block">{t('convene.window', { size: formatCompact(model.window, i18n.language) })}</span>
        <span className="block" title={t('convene.priceHint')}>
          {price}
        </span>
      </span>
    </label>
  )
}
