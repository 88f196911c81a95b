import { useTranslation } from 'react-i18next'

import type { PromptMode } from '@/contracts/frames'
import { MAX_SYSTEM_PROMPT_CHARACTERS } from '@/contracts/rest'
import { TextAreaField } from '@/ui/Field'
import { Segmented } from '@/ui/Segmented'

import type { Seat } from './seats'

interface PromptSettingsProps {
  readonly mode: PromptMode
  readonly prompt: string
  readonly seats: readonly Seat[]
  readonly onMode: (mode: PromptMode) => void
  readonly onPrompt: (prompt: string) => void
  readonly onSeatPrompt: (key: string, prompt: string) => void
}

/** What every member is told: one prompt for all, or one for each. */
export function PromptSettings({ mode, prompt, seats, onMode, onPrompt, onSeatPrompt }: PromptSettingsProps) {
  const { t } = useTranslation()
  return (
    <div className="flex flex-col gap-3">
      <div className="flex items-center justify-between gap-3">
        <span className="text-[0.8125rem] font-medium">{t('convene.prompts')}</span>
        <Segmented
          label={t('convene.prompts')}
          value={mode}
          onChange={onMode}
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
          rows={5}
          value={prompt}
          maxLength={MAX_SYSTEM_PROMPT_CHARACTERS}
          onChange={(event) => onPrompt(event.target.value)}
        />
      ) : (
        seats.map((seat) => (
          <TextAreaField
            key={seat.key}
            label={t('convene.promptFor', { name: seat.name })}
            rows={3}
            value={seat.prompt}
            maxLength={MAX_SYSTEM_PROMPT_CHARACTERS}
            onChange={(event) => onSeatPrompt(seat.key, event.target.value)}
          />
        ))
      )}
      {mode === 'individual' && seats.length === 0 ? (
        <p className="text-sm text-muted">{t('convene.individualHint')}</p>
      ) : null}
    </div>
  )
}
