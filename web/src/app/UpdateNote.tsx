import { useTranslation } from 'react-i18next'

import { applyUpdate, useUpdate } from './updates'

/** Says that a newer version of the page is there. */
export function UpdateNote() {
  const { t } = useTranslation()
  const waiting = useUpdate((update) => update.waiting !== null)
  return (
    <div role="status">
      {waiting ? (
        <p className="flex flex-wrap items-center justify-center gap-x-3 gap-y-1 bg-accent-soft px-4 py-2 text-center text-[0.8125rem]">
          {t('update.there')}
          <button type="button" onClick={applyUpdate} className="font-semibold underline underline-offset-2">
            {t('update.reload')}
          </button>
        </p>
      ) : null}
    </div>
  )
}
