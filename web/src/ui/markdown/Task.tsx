import { useTranslation } from 'react-i18next'

/** The box of an entry of a task list. Nobody ticks it: it says what its author said. */
export function Task({ done }: { readonly done: boolean }) {
  const { t } = useTranslation()
  return <input type="checkbox" disabled checked={done} aria-label={t(done ? 'task.done' : 'task.open')} className="mr-1.5 align-[-0.1em]" />
}
