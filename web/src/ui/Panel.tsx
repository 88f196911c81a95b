import { type ReactNode, useId } from 'react'

interface PanelProps {
  readonly title: string
  readonly about?: ReactNode
  readonly action?: ReactNode
  readonly children?: ReactNode
}

/** One subject of a page, with a heading that names it as a region. */
export function Panel({ title, about, action, children }: PanelProps) {
  const id = useId()
  return (
    <section aria-labelledby={id} className="rounded-2xl border border-line bg-surface p-5">
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-3">
        <div className="min-w-0 flex-1 basis-64">
          <h2 id={id} className="text-[0.9375rem] font-semibold">
            {title}
          </h2>
          {about ? <p className="mt-1 text-sm text-muted">{about}</p> : null}
        </div>
        {action}
      </div>
      {children ? <div className="mt-4">{children}</div> : null}
    </section>
  )
}
