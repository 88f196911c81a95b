/** What a persona is called and is for. Built-in ones speak the person's language. */
import { useTranslation } from 'react-i18next'

import type { Persona } from '@/contracts/rest'

const KNOWN = ['expert', 'sceptic', 'organiser', 'storyteller'] as const

export function usePersonaText(): (persona: Persona) => { readonly name: string; readonly description: string } {
  const { t } = useTranslation()
  return ({ slug, name, description, built_in }) => {
    const known = built_in ? KNOWN.find((one) => one === slug) : undefined
    if (known === undefined) return { name, description }
    return { name: t(`personas.${known}.name`), description: t(`personas.${known}.description`) }
  }
}
