import type { ReactNode } from 'react'

import { classes } from './classes'

interface PageFrameProps {
  readonly title: string
  readonly about?: string
  /** What the page is mostly opened for. */
  readonly action?: ReactNode
  readonly wide?: boolean
  readonly children: ReactNode
}

/** The outline of a page beside the rooms: what it is called, what it is for, and its content. */
export function PageFrame({ title, about, action, wide, children }: PageFrameProps) {
  return (
    <div className="scroll-quiet h-full overflow-y-auto">
      <div className={classes('mx-auto px-5 py-10 max-md:pt-16 sm:py-14', wide ? 'max-w-5xl' : 'max-w-2xl')}>
        <header className="flex flex-wrap items-end justify-between gap-4">
          <div>
            <h1 className="font-serif text-[1.875rem] leading-tight font-medium tracking-[-0.015em]">{title}</h1>
            {about ? <p className="mt-1.5 max-w-md text-[0.9375rem] text-muted">{about}</p> : null}
          </div>
          {action}
        </header>
        {children}
      </div>
    </div>
  )
}
