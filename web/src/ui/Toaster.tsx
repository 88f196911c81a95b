import { X } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import { dismissToast, useToasts } from './toasts'

export function Toaster() {
  const { t } = useTranslation()
  const toasts = useToasts()
  return (
    <div role="status" className="pointer-events-none fixed inset-x-0 bottom-6 z-50 flex flex-col items-center gap-2 px-4">
      {toasts.map(({ id, text, action }) => (
        <div
          key={id}
          className="animate-rise pointer-events-auto flex max-w-md items-center gap-3 rounded-2xl bg-ink py-2.5 pr-2.5 pl-4 text-sm text-canvas shadow-overlay"
        >
          {text}
          {action ? (
            <button
              type="button"
              onClick={() => {
                dismissToast(id)
                action.run()
              }}
              className="shrink-0 rounded-lg px-2 py-1 font-medium underline underline-offset-2 hover:opacity-80"
            >
              {action.label}
            </button>
          ) : null}
          <button
            type="button"
            aria-label={t('close')}
            onClick={() => dismissToast(id)}
            className="rounded-lg p-1 opacity-70 hover:opacity-100"
          >
            <X size={15} />
          </button>
        </div>
      ))}
    </div>
  )
}
