import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { Participant, ParticipantUsage, SessionView } from '@/contracts/protocol'
import type { ModelCard } from '@/contracts/rest'
import { useProvidersWithKey } from '@/lib/api/keys'
import { useModelNames, useModels, useProviderNames } from '@/lib/api/models'
import { useUpdateParticipant } from '@/lib/api/sessions'
import { freeName } from '@/lib/memberColors'
import { Button } from '@/ui/Button'
import { Callout } from '@/ui/Callout'
import { Modal } from '@/ui/Modal'
import { useFailureText } from '@/ui/useFailureText'

import { ModelChoice } from './ModelChoice'
import { Outlook } from './Outlook'

interface SwitchModalProps {
  readonly session: SessionView
  readonly participant: Participant
  readonly usage: ParticipantUsage | undefined
  readonly onClose: () => void
  readonly onSwitched: () => void
}

/** Let another model answer for a member, knowing what it will see. */
export function SwitchModal({ session, participant, usage, onClose, onSwitched }: SwitchModalProps) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const models = useModels()
  const providers = useProviderNames()
  const withKey = useProvidersWithKey()
  const update = useUpdateParticipant(session.id)
  const [chosen, setChosen] = useState<ModelCard | null>(null)
  const renaming = useRenaming(session, participant, chosen)
  const others = (models.data ?? []).filter(({ id }) => id !== participant.model_id)
  const change = () => {
    if (!chosen) return
    const name = renaming.wanted ? { name: renaming.name } : {}
    update.mutate({ id: participant.id, model: chosen.id, ...name }, { onSuccess: onSwitched })
  }
  return (
    <Modal
      title={t('switch.titleOf', { name: participant.name })}
      description={t('switch.about')}
      onClose={onClose}
      footer={
        <div className="flex flex-col gap-3">
          {chosen ? <Outlook sessionId={session.id} model={chosen} usage={usage} /> : null}
          {chosen && renaming.offered ? (
            <label className="flex items-center gap-2.5 text-sm">
              <input
                type="checkbox"
                checked={renaming.wanted}
                onChange={(event) => renaming.want(event.target.checked)}
                className="size-4 accent-(--accent)"
              />
              {t('switch.rename', { name: renaming.name })}
            </label>
          ) : null}
          {update.isError ? (
            <Callout tone="danger" urgent>
              {failureText(update.error)}
            </Callout>
          ) : null}
          <div className="flex justify-end gap-2">
            <Button onClick={onClose}>{t('cancel')}</Button>
            <Button look="primary" busy={update.isPending} disabled={chosen === null} onClick={change}>
              {t('switch.do')}
            </Button>
          </div>
        </div>
      }
    >
      {models.isError ? (
        <Callout tone="danger" action={<Button small onClick={() => void models.refetch()}>{t('tryAgain')}</Button>}>
          {failureText(models.error)}
        </Callout>
      ) : null}
      <fieldset className="flex flex-col gap-2">
        <legend className="sr-only">{t('switch.title')}</legend>
        {others.map((model) => (
          <ModelChoice
            key={model.id}
            model={model}
            provider={providers.get(model.provider) ?? model.provider}
            keyMissing={model.needs_key && !withKey.has(model.provider)}
            chosen={chosen?.id === model.id}
            onChoose={() => setChosen(model)}
          />
        ))}
      </fieldset>
    </Modal>
  )
}

/** Who is called like its model is called like the other one, unless a person does not want that. */
function useRenaming(session: SessionView, participant: Participant, chosen: ModelCard | null) {
  const names = useModelNames()
  const [wanted, want] = useState(true)
  const old = names.get(participant.model_id) ?? participant.model_id
  const offered = participant.name.replace(/ \d+$/, '') === old
  const taken = session.participants.filter(({ id }) => id !== participant.id).map(({ name }) => name)
  return { offered, wanted: offered && wanted, want, name: freeName(chosen?.display_name ?? '', taken) }
}
