import { Plus } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { Persona } from '@/contracts/rest'
import { usePersonas } from '@/lib/api/personas'
import { Button } from '@/ui/Button'
import { Callout } from '@/ui/Callout'
import { PageFrame } from '@/ui/PageFrame'
import { useFailureText } from '@/ui/useFailureText'

import { PersonaCard } from './PersonaCard'
import { PersonaModal } from './PersonaModal'

/** What is being written: a change of one, or a new one that may begin as a copy. */
interface Editing {
  readonly persona: Persona | null
  readonly copy: boolean
}

export function PersonasPage() {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const personas = usePersonas()
  const [editing, setEditing] = useState<Editing | null>(null)
  const own = personas.data?.filter(({ built_in }) => !built_in) ?? []
  const builtIn = personas.data?.filter(({ built_in }) => built_in) ?? []
  return (
    <PageFrame
      title={t('personas.title')}
      about={t('personas.about')}
      action={
        <Button look="primary" icon={<Plus size={17} />} onClick={() => setEditing({ persona: null, copy: false })}>
          {t('personas.new')}
        </Button>
      }
    >
      <div className="mt-8 flex flex-col gap-8">
        {personas.isPending ? <div aria-hidden="true" className="h-20 animate-pulse rounded-2xl bg-sunken" /> : null}
        {personas.isError ? (
          <Callout tone="danger" action={<Button small onClick={() => void personas.refetch()}>{t('tryAgain')}</Button>}>
            {failureText(personas.error)}
          </Callout>
        ) : null}
        <Section title={t('personas.own')} personas={own} empty={personas.isSuccess ? t('personas.none') : null}>
          {(persona) => <PersonaCard persona={persona} onEdit={() => setEditing({ persona, copy: false })} />}
        </Section>
        <Section title={t('personas.builtIn')} personas={builtIn} empty={null}>
          {(persona) => <PersonaCard persona={persona} onCopy={() => setEditing({ persona, copy: true })} />}
        </Section>
      </div>
      {editing ? <PersonaModal {...editing} onClose={() => setEditing(null)} /> : null}
    </PageFrame>
  )
}

interface SectionProps {
  readonly title: string
  readonly personas: readonly Persona[]
  /** What is said where there is none; null: no section then. */
  readonly empty: string | null
  readonly children: (persona: Persona) => React.ReactNode
}

function Section({ title, personas, empty, children }: SectionProps) {
  if (personas.length === 0 && empty === null) return null
  return (
    <section aria-label={title}>
      <h2 className="text-[0.8125rem] font-semibold text-muted">{title}</h2>
      {personas.length === 0 ? <p className="mt-3 text-sm text-muted">{empty}</p> : null}
      <ul className="mt-3 flex flex-col gap-2.5">
        {personas.map((persona) => (
          <li key={persona.slug}>{children(persona)}</li>
        ))}
      </ul>
    </section>
  )
}
