import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { RegisteredModel } from '@/contracts/rest'
import { useSaveModel } from '@/lib/api/registry'
import { Button } from '@/ui/Button'
import { Callout } from '@/ui/Callout'
import { Modal } from '@/ui/Modal'
import { useFailureText } from '@/ui/useFailureText'

import { Discovery } from './Discovery'
import { ModelFields } from './ModelFields'
import { ABILITIES, NO_MODEL, draftOf, modelFacts, modelFactsOf } from './facts'

interface ModelModalProps {
  /** Null: a new one. */
  readonly model: RegisteredModel | null
  readonly onClose: () => void
}

/** A model's facts. For a new one its provider can be asked for what it knows. */
export function ModelModal({ model, onClose }: ModelModalProps) {
  const { t } = useTranslation()
  const failureText = useFailureText({ CONFLICT: t('registry.idTaken') })
  const save = useSaveModel()
  const [draft, setDraft] = useState(() => (model ? draftOf(model) : NO_MODEL))

  const submit = (form: FormData) => {
    const abilities = Object.fromEntries(ABILITIES.map((ability) => [ability, form.has(ability)]))
    const facts = {
      ...(model ? modelFacts(model) : {}),
      ...modelFactsOf(form),
      capabilities: { ...model?.capabilities, ...abilities },
    }
    save.mutate({ id: model?.id ?? String(form.get('id') ?? '').trim(), facts, isNew: model === null }, { onSuccess: onClose })
  }

  return (
    <Modal
      title={model ? t('registry.edit', { name: model.display_name }) : t('registry.addModel')}
      {...(model?.source === 'built_in' ? { description: t('registry.overrides') } : {})}
      onClose={onClose}
      wide
    >
      {model ? null : <Discovery onFound={setDraft} />}
      <form
        // Another draft fills all fields anew.
        key={draft.id}
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          submit(new FormData(event.currentTarget))
        }}
      >
        <ModelFields draft={draft} isNew={model === null} capabilities={model?.capabilities ?? {}} />
        {save.isError ? (
          <Callout tone="danger" urgent>
            {failureText(save.error)}
          </Callout>
        ) : null}
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
