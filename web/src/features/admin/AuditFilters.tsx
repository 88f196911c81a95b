import { useTranslation } from 'react-i18next'

import { SelectField, TextField } from '@/ui/Field'

import type { AuditFields } from './auditFilter'

interface AuditFiltersProps {
  readonly value: AuditFields
  readonly onChange: (fields: AuditFields) => void
}

export function AuditFilters({ value, onChange }: AuditFiltersProps) {
  const { t } = useTranslation()
  const word = (name: 'action' | 'by' | 'target_kind' | 'target_id' | 'service' | 'sign_in', hint?: string) => (
    <TextField
      label={t(`audit.${name}`)}
      maxLength={100}
      spellCheck={false}
      autoCapitalize="none"
      placeholder={hint}
      value={value[name]}
      onChange={(event) => onChange({ ...value, [name]: event.target.value })}
    />
  )
  const day = (name: 'from' | 'to') => (
    <TextField
      label={t(`audit.${name}`)}
      type="date"
      value={value[name]}
      onChange={(event) => onChange({ ...value, [name]: event.target.value })}
    />
  )
  return (
    <search className="grid grid-cols-2 gap-3 lg:grid-cols-4">
      {word('action', 'user.login')}
      {word('by', t('audit.idHint'))}
      {word('target_kind', 'user, key, …')}
      {word('target_id', t('audit.idHint'))}
      {word('service', 'identity')}
      {word('sign_in', t('audit.idHint'))}
      <SelectField
        label={t('audit.outcome')}
        value={value.outcome}
        onChange={(event) => onChange({ ...value, outcome: event.target.value as AuditFields['outcome'] })}
      >
        <option value="">{t('all')}</option>
        <option value="done">{t('audit.done')}</option>
        <option value="refused">{t('audit.refused')}</option>
      </SelectField>
      {day('from')}
      {day('to')}
    </search>
  )
}
