import { useTranslation } from 'react-i18next'

import type { Persona } from '@/contracts/rest'
import { usePersonas } from '@/lib/api/personas'
import { Avatar } from '@/ui/Avatar'
import { usePersonaText } from '@/ui/usePersonaText'

import type { Seat } from './seats'

interface SeatPersonasProps {
  readonly seats: readonly Seat[]
  /** `name`: what the persona is called in the person's language. */
  readonly onChoose: (key: string, persona: Persona | null, name: string) => void
}

/** Who each of the chosen models is to be. */
export function SeatPersonas({ seats, onChoose }: SeatPersonasProps) {
  const { t } = useTranslation()
  const personaText = usePersonaText()
  const { data: personas = [] } = usePersonas()
  if (seats.length === 0 || personas.length === 0) return null
  const choose = (key: string, slug: string) => {
    const persona = personas.find((one) => one.slug === slug) ?? null
    onChoose(key, persona, persona ? personaText(persona).name : '')
  }
  return (
    <fieldset className="mt-5 rounded-2xl border border-line bg-canvas/60 px-4 pt-2 pb-4">
      <legend className="px-1 text-sm font-medium">{t('convene.personas')}</legend>
      <ul className="grid gap-x-6 gap-y-2 sm:grid-cols-2">
        {seats.map((seat) => (
          <li key={seat.key} className="flex min-w-0 items-center gap-2.5">
            <Avatar name={seat.name} color={seat.color} size="small" />
            <span className="min-w-0 flex-1 truncate text-sm">
              {seat.name}
              {seat.name === seat.modelName ? null : <span className="text-muted"> · {seat.modelName}</span>}
            </span>
            <select
              aria-label={t('convene.personaOf', { name: seat.name })}
              value={seat.persona ?? ''}
              onChange={(event) => choose(seat.key, event.target.value)}
              className="select-arrow h-9 w-40 shrink-0 rounded-lg border border-line-strong bg-raised pl-2.5 text-sm focus:border-accent focus:outline-none"
            >
              <option value="">{t('convene.noPersona')}</option>
              {personas.map((persona) => (
                <option key={persona.slug} value={persona.slug}>
                  {personaText(persona).name}
                </option>
              ))}
            </select>
          </li>
        ))}
      </ul>
    </fieldset>
  )
}
