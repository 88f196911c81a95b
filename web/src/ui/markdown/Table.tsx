import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

/** A table that is wider than the text is scrolled in its place, by keyboard, too. */
export function Table({ children }: { readonly children?: ReactNode }) {
  const { t } = useTranslation()
  return (
    <div
      role="group"
      aria-label={t('table')}
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      className="scroll-quiet overflow-x-auto rounded-sm"
    >
      <table>{children}</table>
    </div>
  )
}
