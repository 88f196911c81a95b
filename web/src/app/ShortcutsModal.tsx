import { Fragment } from 'react'
import { useTranslation } from 'react-i18next'

import { usePreferences } from '@/lib/preferences'
import { Modal } from '@/ui/Modal'

import { useShortcutList } from './shortcutList'
import { type Keys, SHORTCUTS, type Shortcut, labelsOf } from './shortcuts'

const LISTED = Object.entries(SHORTCUTS) as [Shortcut, readonly Keys[]][]

export function ShortcutsModal({ mac }: { readonly mac: boolean }) {
  const { t } = useTranslation()
  const used = usePreferences(({ shortcuts }) => shortcuts)
  return (
    <Modal title={t('shortcuts.title')} onClose={() => useShortcutList.setState({ open: false })}>
      <dl className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-2.5 text-sm">
        {LISTED.map(([name, ways]) => (
          <Fragment key={name}>
            <dt>{t(`shortcuts.${name}`)}</dt>
            <dd className="flex items-center justify-end gap-2 text-muted">
              {ways.map((keys, place) => (
                <Fragment key={keys.key}>
                  {place > 0 ? <span className="text-xs">{t('shortcuts.or')}</span> : null}
                  <span className="flex gap-1">
                    {labelsOf(keys, mac).map((label) => (
                      <kbd
                        key={label}
                        className="min-w-6 rounded-md border border-line-strong bg-raised px-1.5 py-0.5 text-center font-sans text-xs text-ink"
                      >
                        {label}
                      </kbd>
                    ))}
                  </span>
                </Fragment>
              ))}
            </dd>
          </Fragment>
        ))}
      </dl>
      <label className="mt-5 flex cursor-pointer items-center gap-2.5 border-t border-line pt-4 text-sm">
        <input
          type="checkbox"
          checked={used}
          onChange={(event) => usePreferences.setState({ shortcuts: event.target.checked })}
          className="tick size-4.5 appearance-none rounded-md border border-line-strong bg-raised checked:border-accent checked:bg-accent"
        />
        {t('shortcuts.use')}
      </label>
    </Modal>
  )
}
