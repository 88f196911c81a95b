import { useTranslation } from 'react-i18next'

import type { Persona } from '@/contracts/rest'
import { usePersonas } from '@/lib/api/personas'
import { SelectField } from '@/ui/Field'
import { usePersonaText } from '@/ui/usePersonaText'

interface PersonaFieldProps {
  /** The slug; it may name one that has gone since. */
  readonly value: string | null
  readonly onChange: (persona: Persona | null, name: string) => void
}

/** Who a member is to be from now on. */
export function PersonaField({ value, onChange }: PersonaFieldProps) {
  const { t } = useTranslation()
  const personaText = usePersonaText()
  const { data: personas = [] } = usePersonas()
  const gone = value !== null && !personas.some(({ slug }) => slug === value)
  const choose = (slug: string) => {
    const persona = personas.find((one) => one.slug === slug) ?? null
    onChange(persona, persona ? personaText(persona).name : '')
  }
  return (
    <SelectField
      label={t('members.persona')}
      hint={t('members.personaHint')}
      value={value ?? ''}
      onChange={(event) => choose(event.target.value)}
    >
      <option value="">{t('convene.noPersona')}</option>
      {gone ? <option value={value}>{value}</option> : null}
      {personas.map((persona) => (
        <option key={persona.slug} value={persona.slug}>
          {personaText(persona).name}
        </option>
      ))}
    </SelectField>
  )
}
