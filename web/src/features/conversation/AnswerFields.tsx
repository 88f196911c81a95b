import { useTranslation } from 'react-i18next'

import type { AnswerSettings } from '@/contracts/rest'
import { useModels } from '@/lib/api/models'
import { formatCompact } from '@/lib/format'
import { TextField } from '@/ui/Field'

import { knobsOf } from './answerSettings'

interface AnswerFieldsProps {
  readonly modelId: string
  readonly settings: AnswerSettings
}

/** How a member is wished to answer, as far as its model takes wishes. */
export function AnswerFields({ modelId, settings }: AnswerFieldsProps) {
  const { t, i18n } = useTranslation()
  const models = useModels()
  const model = models.data?.find(({ id }) => id === modelId)
  const knobs = knobsOf(model)
  const about = () => {
    if (!knobs.some(({ name }) => name === 'temperature')) return t('answers.noTemperature')
    return t(model?.capabilities.top_p === 'alone' ? 'answers.aboutAlone' : 'answers.about')
  }
  return (
    <fieldset>
      <legend className="text-[0.8125rem] font-medium">{t('answers.title')}</legend>
      <p className="mt-0.5 text-[0.8125rem] text-muted">{about()}</p>
      <div className="mt-2 grid items-end gap-3 sm:grid-cols-[1fr_1fr_1.4fr]">
        {knobs.map(({ name, minimum, maximum, step }) => (
          <TextField
            key={name}
            label={t(`answers.${name}`)}
            name={name}
            type="number"
            inputMode="decimal"
            min={minimum}
            max={maximum}
            step={step}
            placeholder={
              name === 'max_output_tokens'
                ? t('answers.tokens', { to: formatCompact(maximum, i18n.language) })
                : `${minimum} – ${maximum}`
            }
            defaultValue={settings[name] ?? ''}
          />
        ))}
      </div>
    </fieldset>
  )
}
