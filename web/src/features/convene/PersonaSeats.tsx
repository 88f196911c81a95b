import { Plus } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import type { ModelCard, Persona } from '@/contracts/rest'
import { useModels } from '@/lib/api/models'
import { usePersonas } from '@/lib/api/personas'
import { MEMBER_COLORS } from '@/lib/memberColors'
import { Avatar } from '@/ui/Avatar'

interface PersonaSeatsProps {
  readonly full: boolean
  readonly onSeat: (persona: Persona, model: ModelCard) => void
}

/** Personas that bring their model along take a seat at once. */
export function PersonaSeats({ full, onSeat }: PersonaSeatsProps) {
  const { t } = useTranslation()
  const { data: personas = [] } = usePersonas()
  const { data: models = [] } = useModels()
  const complete = personas.flatMap((persona) => {
    const model = models.find(({ id }) => id === persona.model)
    return model ? [{ persona, model }] : []
  })
  if (complete.length === 0) return null
  return (
    <ul aria-label={t('convene.personasWithModel')} className="mb-4 flex flex-wrap gap-2">
      {complete.map(({ persona, model }) => (
        <li key={persona.slug}>
          <button
            type="button"
            disabled={full}
            title={persona.description}
            aria-label={t('convene.seatPersona', { name: persona.name, model: model.display_name })}
            onClick={() => onSeat(persona, model)}
            className="inline-flex h-9 items-center gap-2 rounded-xl border border-line bg-raised pr-2.5 pl-1.5 text-[0.8125rem] font-medium hover:border-line-strong disabled:opacity-50"
          >
            <Avatar name={persona.name} color={persona.color ?? MEMBER_COLORS[0]} size="small" />
            <span className="max-w-40 truncate">{persona.name}</span>
            <span className="max-w-32 truncate font-normal text-muted">{model.display_name}</span>
            <Plus size={14} aria-hidden="true" className="text-muted" />
          </button>
        </li>
      ))}
    </ul>
  )
}
