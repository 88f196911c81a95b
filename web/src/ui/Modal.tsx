/**
 * A modal dialog on the browser's own `<dialog>`: focus trap, Escape, inert page and backdrop come from the platform, and
 * nothing has to inject a style that the content security policy would refuse.
 */
import { X } from 'lucide-react'
import { type ReactNode, useId, useLayoutEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { classes } from './classes'
import { OverlayRoot } from './overlayRoot'

interface ModalProps {
  readonly title: string
  readonly description?: string
  readonly onClose: () => void
  readonly children: ReactNode
  readonly footer?: ReactNode
  readonly wide?: boolean
}

export function Modal({ title, description, onClose, children, footer, wide }: ModalProps) {
  const { t } = useTranslation()
  const [dialog, setDialog] = useState<HTMLDialogElement | null>(null)
  const titleId = useId()
  // Before the element leaves the page: only a dialog that is closed in it gives the focus back to where it was.
  useLayoutEffect(() => {
    dialog?.showModal()
    focusFirstField(dialog)
    return () => dialog?.close()
  }, [dialog])
  return (
    // A click beside the dialog closes it; for the keyboard there are Escape and the button.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <dialog
      ref={setDialog}
      tabIndex={-1}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault()
        // React lets this event bubble: a dialog within this one is closed alone.
        if (event.target === event.currentTarget) onClose()
      }}
      onMouseDown={(event) => {
        if (event.target === event.currentTarget) onClose()
      }}
      className={classes(
        'animate-rise overflow-hidden border focus-visible:outline-none border-line bg-surface p-0 shadow-overlay',
        'max-sm:mb-0 max-sm:max-h-[94dvh] max-sm:w-full max-sm:max-w-full max-sm:rounded-t-3xl sm:rounded-3xl',
        wide ? 'sm:max-h-[88dvh] sm:w-[min(60rem,94vw)]' : 'sm:max-h-[88dvh] sm:w-[min(30rem,94vw)]',
      )}
    >
      <OverlayRoot value={dialog}>
        <div className="flex max-h-[inherit] flex-col">
          <header className="flex items-start gap-4 px-6 pt-5 pb-3">
            <div className="min-w-0 flex-1">
              <h2 id={titleId} className="font-serif text-[1.375rem] leading-8 font-medium tracking-[-0.01em] wrap-anywhere">
                {title}
              </h2>
              {description ? <p className="mt-0.5 text-sm text-muted">{description}</p> : null}
            </div>
            <button
              type="button"
              aria-label={t('close')}
              onClick={onClose}
              className="-mr-2 rounded-lg p-2 text-muted hover:bg-sunken hover:text-ink"
            >
              <X size={18} />
            </button>
          </header>
          <div className="scroll-quiet relative min-h-0 flex-1 overflow-y-auto px-6 pt-1 pb-6">{children}</div>
          {footer ? <footer className="border-t border-line bg-canvas px-6 py-4">{footer}</footer> : null}
        </div>
      </OverlayRoot>
    </dialog>
  )
}

/** Where a person begins to type. Not on touch screens: there the keyboard would cover what they came to see. */
function focusFirstField(dialog: HTMLDialogElement | null): void {
  const fine = matchMedia('(pointer: fine)').matches
  const field = fine ? dialog?.querySelector<HTMLElement>('input:not([type=radio], [type=checkbox]), textarea, select') : null
  if (field?.checkVisibility()) field.focus()
  else dialog?.focus()
}
