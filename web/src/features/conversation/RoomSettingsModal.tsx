import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { SessionView } from '@/contracts/protocol'
import { MAX_SYSTEM_PROMPT_CHARACTERS, MAX_TITLE_CHARACTERS } from '@/contracts/rest'
import { useUpdateSession } from '@/lib/api/sessions'
import { Button } from '@/ui/Button'
import { TextAreaField, TextField } from '@/ui/Field'
import { Modal } from '@/ui/Modal'
import { Segmented } from '@/ui/Segmented'
import { useFailureText } from '@/ui/useFailureText'

interface RoomSettingsModalProps {
  readonly session: SessionView
  readonly onClose: () => void
}

export function RoomSettingsModal({ session, onClose }: RoomSettingsModalProps) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const update = useUpdateSession()
  const [title, setTitle] = useState(session.title)
  const [mode, setMode] = useState(session.prompt_mode)
  const [prompt, setPrompt] = useState(session.system_prompt ?? '')
  const save = () =>
    update.mutate(
      { id: session.id, title: title.trim(), prompt_mode: mode, system_prompt: prompt.trim() },
      { onSuccess: onClose },
    )
  return (
    <Modal title={t('room.settings')} onClose={onClose}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          save()
        }}
      >
        <TextField
          label={t('rooms.name')}
          value={title}
          maxLength={MAX_TITLE_CHARACTERS}
          placeholder={t('convene.namePlaceholder')}
          onChange={(event) => setTitle(event.target.value)}
          error={update.isError ? failureText(update.error) : null}
        />
        <div className="flex items-center justify-between gap-3">
          <span className="text-[0.8125rem] font-medium">{t('convene.prompts')}</span>
          <Segmented
            label={t('convene.prompts')}
            value={mode}
            onChange={setMode}
            options={[
              { value: 'unified', label: t('convene.unified') },
              { value: 'individual', label: t('convene.individual') },
            ]}
          />
        </div>
        {mode === 'unified' ? (
          <TextAreaField
            label={t('convene.unifiedPrompt')}
            hint={t('convene.unifiedHint')}
            rows={6}
            value={prompt}
            maxLength={MAX_SYSTEM_PROMPT_CHARACTERS}
            onChange={(event) => setPrompt(event.target.value)}
          />
        ) : (
          <p className="text-sm text-muted">{t('room.individualHint')}</p>
        )}
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
