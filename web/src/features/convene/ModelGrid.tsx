import { Brain, Eye, Plus, Search, Wrench } from 'lucide-react'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { ModelCard } from '@/contracts/rest'
import { useProvidersWithKey } from '@/lib/api/keys'
import { useModels, useProviderNames } from '@/lib/api/models'
import { formatCompact, formatCost, pricePerMillion } from '@/lib/format'
import { AvailabilityNote } from '@/ui/AvailabilityNote'
import { Button } from '@/ui/Button'
import { Callout } from '@/ui/Callout'
import { classes } from '@/ui/classes'
import { useFailureText } from '@/ui/useFailureText'

import type { Seat } from './seats'

interface ModelGridProps {
  readonly seats: readonly Seat[]
  readonly full: boolean
  readonly onToggle: (model: ModelCard) => void
  readonly onAddAnother: (model: ModelCard) => void
}

const SEARCH_FROM = 9

export function ModelGrid({ seats, full, onToggle, onAddAnother }: ModelGridProps) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const models = useModels()
  const [wanted, setWanted] = useState('')
  const providerNames = useProviderNames()
  const providersWithKey = useProvidersWithKey()
  const shown = useMemo(() => {
    const needle = wanted.trim().toLocaleLowerCase()
    return (models.data ?? []).filter((model) =>
      [model.id, model.display_name, model.provider, model.description].join(' ').toLocaleLowerCase().includes(needle),
    )
  }, [models.data, wanted])

  if (models.isPending) return <Placeholder />
  if (models.isError) {
    return (
      <Callout tone="danger" action={<Button small onClick={() => void models.refetch()}>{t('tryAgain')}</Button>}>
        {failureText(models.error)}
      </Callout>
    )
  }
  return (
    <div>
      {models.data.length >= SEARCH_FROM ? (
        <label className="relative mb-4 block">
          <span className="sr-only">{t('convene.search')}</span>
          <Search size={16} aria-hidden="true" className="absolute top-1/2 left-3.5 -translate-y-1/2 text-muted" />
          <input
            type="search"
            value={wanted}
            onChange={(event) => setWanted(event.target.value)}
            placeholder={t('convene.search')}
            className="h-10 w-full rounded-xl border border-line-strong bg-raised pr-3 pl-10 text-sm focus:border-accent focus:outline-none"
          />
        </label>
      ) : null}
      <ul className="grid gap-2.5 sm:grid-cols-2 lg:grid-cols-3">
        {shown.map((model) => (
          <ModelTile
            key={model.id}
            model={model}
            provider={providerNames.get(model.provider) ?? model.provider}
            keyMissing={model.needs_key && !providersWithKey.has(model.provider)}
            seats={seats.filter((seat) => seat.model === model.id).length}
            full={full}
            onToggle={() => onToggle(model)}
            onAddAnother={() => onAddAnother(model)}
          />
        ))}
      </ul>
      {shown.length === 0 ? <p className="py-8 text-center text-sm text-muted">{t('convene.noModels')}</p> : null}
    </div>
  )
}

interface ModelTileProps {
  readonly model: ModelCard
  readonly provider: string
  readonly keyMissing: boolean
  readonly seats: number
  readonly full: boolean
  readonly onToggle: () => void
  readonly onAddAnother: () => void
}

function ModelTile({ model, provider, keyMissing, seats, full, onToggle, onAddAnother }: ModelTileProps) {
  const { t } = useTranslation()
  const chosen = seats > 0
  const blocked = full && !chosen
  return (
    <li className="relative">
      <label
        className={classes(
          'flex h-full cursor-pointer flex-col rounded-2xl border p-4 transition-[border-color,background-color,box-shadow]',
          'has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent',
          chosen ? 'border-accent bg-accent-soft/60' : 'border-line bg-raised hover:border-line-strong hover:shadow-raised',
          blocked && 'cursor-not-allowed opacity-50',
        )}
      >
        <span className="flex items-start gap-3">
          <span className="min-w-0 flex-1">
            <span className="block truncate text-[0.9375rem] font-semibold">{model.display_name}</span>
            <span className="block truncate text-[0.8125rem] text-muted">{provider}</span>
          </span>
          <input
            type="checkbox"
            checked={chosen}
            disabled={blocked}
            onChange={onToggle}
            aria-label={model.display_name}
            className="tick mt-0.5 size-5 shrink-0 cursor-pointer appearance-none rounded-md border border-line-strong bg-surface checked:border-accent checked:bg-accent focus-visible:outline-none"
          />
        </span>
        <span className="mt-2 line-clamp-2 min-h-[2.6em] text-[0.8125rem] leading-snug text-muted">{model.description}</span>
        <Facts model={model} />
        <span className="mt-2.5 empty:hidden">
          <AvailabilityNote model={model} keyMissing={keyMissing} />
        </span>
      </label>
      {chosen && !full ? (
        <button
          type="button"
          onClick={onAddAnother}
          title={t('convene.again', { name: model.display_name })}
          className="absolute right-3.5 bottom-3.5 inline-flex h-7 items-center gap-1 rounded-lg bg-raised px-2 text-xs font-medium text-muted shadow-raised hover:text-ink"
        >
          <Plus size={13} />
          {seats > 1 ? seats : t('convene.twice')}
          <span className="sr-only">{t('convene.again', { name: model.display_name })}</span>
        </button>
      ) : null}
    </li>
  )
}

function Facts({ model }: { readonly model: ModelCard }) {
  const { t, i18n } = useTranslation()
  const [input, output] = [model.input_price, model.output_price].map(pricePerMillion)
  const free = input === 0 && output === 0
  const { images, tools, reasoning } = model.capabilities ?? {}
  return (
    <span className="mt-3 flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-muted">
      <span title={t('convene.windowHint')}>{t('convene.window', { size: formatCompact(model.window, i18n.language) })}</span>
      <span title={t('convene.priceHint')}>
        {free
          ? t('convene.free')
          : `${formatCost(input ?? 0, i18n.language)} / ${formatCost(output ?? 0, i18n.language)}`}
      </span>
      <span className="flex gap-1.5">
        {images ? <Eye size={13} aria-label={t('convene.images')} /> : null}
        {tools ? <Wrench size={13} aria-label={t('convene.tools')} /> : null}
        {reasoning ? <Brain size={13} aria-label={t('convene.reasoning')} /> : null}
      </span>
    </span>
  )
}

function Placeholder() {
  return (
    <div aria-hidden="true" className="grid gap-2.5 sm:grid-cols-2 lg:grid-cols-3">
      {['a', 'b', 'c', 'd', 'e', 'f'].map((key) => (
        <span key={key} className="h-36 animate-pulse rounded-2xl bg-sunken" />
      ))}
    </div>
  )
}
