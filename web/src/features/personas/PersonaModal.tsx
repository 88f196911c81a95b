import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import {
  MAX_NAME_CHARACTERS,
  MAX_PERSONA_DESCRIPTION_CHARACTERS,
  MAX_SYSTEM_PROMPT_CHARACTERS,
  type Persona,
} from '@/contracts/rest'
import { useModels } from '@/lib/api/models'
import { useSavePersona } from '@/lib/api/personas'
import { MEMBER_COLORS } from '@/lib/memberColors'
import { Button } from '@/ui/Button'
import { ColorField } from '@/ui/ColorField'
import { SelectField, TextAreaField, TextField } from '@/ui/Field'
import { Modal } from '@/ui/Modal'
import { useFailureText } from '@/ui/useFailureText'
import { usePersonaText } from '@/ui/usePersonaText'

interface PersonaModalProps {
  /** The one that is changed or copied; null for one from nothing. */
  readonly persona: Persona | null
  readonly copy: boolean
  readonly onClose: () => void
}

export function PersonaModal({ persona, copy, onClose }: PersonaModalProps) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const personaText = usePersonaText()
  const models = useModels()
  const save = useSavePersona()
  const changed = persona !== null && !copy
  const [text] = useState(() => (persona ? personaText(persona) : { name: '', description: '' }))
  const [color, setColor] = useState<string>(persona?.color ?? MEMBER_COLORS[0])

  const submit = (form: FormData) => {
    const [name = '', description = '', prompt = '', model = ''] = ['name', 'description', 'prompt', 'model'].map((field) =>
      String(form.get(field) ?? '').trim(),
    )
    const slug = changed ? persona.slug : null
    save.mutate({ slug, name, description, color, system_prompt: prompt, model }, { onSuccess: onClose })
  }

  return (
    <Modal title={changed ? t('personas.edit', { name: text.name }) : t('personas.new')} onClose={onClose}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          submit(new FormData(event.currentTarget))
        }}
      >
        <TextField
          label={t('personas.name')}
          name="name"
          required
          maxLength={MAX_NAME_CHARACTERS}
          defaultValue={text.name}
          error={save.isError ? failureText(save.error) : null}
        />
        <TextField
          label={t('personas.description')}
          name="description"
          maxLength={MAX_PERSONA_DESCRIPTION_CHARACTERS}
          defaultValue={text.description}
        />
        <TextAreaField
          label={t('personas.prompt')}
          hint={t('personas.promptHint', { name: '{{name}}', others: '{{others}}' })}
          name="prompt"
          rows={7}
          maxLength={MAX_SYSTEM_PROMPT_CHARACTERS}
          defaultValue={persona?.system_prompt ?? ''}
        />
        <SelectField label={t('personas.model')} name="model" defaultValue={persona?.model ?? ''} key={models.dataUpdatedAt}>
          <option value="">{t('personas.anyModel')}</option>
          {(models.data ?? []).map(({ id, display_name }) => (
            <option key={id} value={id}>
              {display_name}
            </option>
          ))}
        </SelectField>
        <ColorField label={t('members.color')} value={color} onChange={setColor} />
        <div className="mt-1 flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" look="primary" busy={save.isPending}>
            {t('save')}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
