import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { Participant, SessionView } from '@/contracts/protocol'
import { MAX_NAME_CHARACTERS, MAX_SYSTEM_PROMPT_CHARACTERS, type Persona } from '@/contracts/rest'
import { useUpdateParticipant } from '@/lib/api/sessions'
import { Button } from '@/ui/Button'
import { Callout } from '@/ui/Callout'
import { ColorField } from '@/ui/ColorField'
import { TextAreaField, TextField } from '@/ui/Field'
import { Modal } from '@/ui/Modal'
import { useFailureText } from '@/ui/useFailureText'

import { AnswerFields } from './AnswerFields'
import { PersonaField } from './PersonaField'
import { settingsOf } from './answerSettings'
import { type MemberDraft, OWN_PROMPT, changeOf, draftOf, isUnheard, withPersona } from './memberDraft'

interface MemberModalProps {
  readonly session: SessionView
  readonly participant: Participant
  readonly onClose: () => void
}

/** Who a member is, and how it is wished to answer. */
export function MemberModal({ session, participant, onClose }: MemberModalProps) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const update = useUpdateParticipant(session.id)
  const [draft, setDraft] = useState(() => draftOf(participant))
  const individual = session.prompt_mode === 'individual'
  const set = (change: Partial<MemberDraft>) => setDraft({ ...draft, ...change })
  const choose = (persona: Persona | null, name: string) => setDraft(withPersona(draft, persona, name))
  const save = (form: FormData) => {
    const change = changeOf(participant, draft, individual)
    update.mutate({ id: participant.id, ...change, settings: settingsOf(form) }, { onSuccess: onClose })
  }
  return (
    <Modal title={t('members.editTitle', { name: participant.name })} description={participant.model_id} onClose={onClose}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          save(new FormData(event.currentTarget))
        }}
      >
        <PersonaField value={draft.persona} onChange={choose} />
        {draft.persona !== null && isUnheard(session) ? (
          <Callout tone="warn">{t('members.personaUnheard', { persona: OWN_PROMPT })}</Callout>
        ) : null}
        <TextField
          label={t('members.name')}
          value={draft.name}
          required
          maxLength={MAX_NAME_CHARACTERS}
          onChange={(event) => set({ name: event.target.value })}
          error={update.isError ? failureText(update.error) : null}
        />
        <ColorField label={t('members.color')} value={draft.color} onChange={(color) => set({ color })} />
        {individual ? (
          <TextAreaField
            label={t('convene.promptFor', { name: draft.name })}
            rows={5}
            value={draft.prompt}
            maxLength={MAX_SYSTEM_PROMPT_CHARACTERS}
            onChange={(event) => set({ prompt: event.target.value })}
          />
        ) : null}
        <AnswerFields modelId={participant.model_id} settings={participant.settings} />
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
