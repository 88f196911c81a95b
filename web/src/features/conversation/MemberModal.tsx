import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { Participant, SessionView } from '@/contracts/protocol'
import { MAX_NAME_CHARACTERS, MAX_SYSTEM_PROMPT_CHARACTERS } from '@/contracts/rest'
import { useUpdateParticipant } from '@/lib/api/sessions'
import { Button } from '@/ui/Button'
import { ColorField } from '@/ui/ColorField'
import { TextAreaField, TextField } from '@/ui/Field'
import { Modal } from '@/ui/Modal'
import { useFailureText } from '@/ui/useFailureText'

interface MemberModalProps {
  readonly session: SessionView
  readonly participant: Participant
  readonly onClose: () => void
}

export function MemberModal({ session, participant, onClose }: MemberModalProps) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const update = useUpdateParticipant(session.id)
  const [name, setName] = useState(participant.name)
  const [color, setColor] = useState(participant.color)
  const [prompt, setPrompt] = useState(participant.system_prompt ?? '')
  const individual = session.prompt_mode === 'individual'
  const save = () =>
    update.mutate(
      { id: participant.id, name: name.trim(), color, ...(individual ? { system_prompt: prompt } : {}) },
      { onSuccess: onClose },
    )
  return (
    <Modal title={t('members.editTitle', { name: participant.name })} description={participant.model_id} onClose={onClose}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          save()
        }}
      >
        <TextField
          label={t('members.name')}
          value={name}
          required
          maxLength={MAX_NAME_CHARACTERS}
          onChange={(event) => setName(event.target.value)}
          error={update.isError ? failureText(update.error) : null}
        />
        <ColorField label={t('members.color')} value={color} onChange={setColor} />
        {individual ? (
          <TextAreaField
            label={t('convene.promptFor', { name })}
            rows={5}
            value={prompt}
            maxLength={MAX_SYSTEM_PROMPT_CHARACTERS}
            onChange={(event) => setPrompt(event.target.value)}
          />
        ) : null}
        <div className="mt-1 flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" look="primary" busy={update.isPending}>
            {t('save')}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
