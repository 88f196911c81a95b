import { CircleAlert, Info, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'

import { classes } from './classes'

type Tone = 'info' | 'warn' | 'danger'

const TONES: Record<Tone, string> = {
  info: 'bg-accent-soft text-ink',
  warn: 'bg-warn-soft text-warn',
  danger: 'bg-danger-soft text-danger',
}

const ICONS = { info: Info, warn: TriangleAlert, danger: CircleAlert } as const

interface CalloutProps {
  readonly tone: Tone
  readonly children: ReactNode
  readonly action?: ReactNode
  /** Appears because of something that just happened, so screen readers say it at once. */
  readonly urgent?: boolean
}

export function Callout({ tone, children, action, urgent }: CalloutProps) {
  const Icon = ICONS[tone]
  return (
    <div
      role={urgent ? 'alert' : undefined}
      className={classes('flex items-start gap-2.5 rounded-xl px-3.5 py-2.5 text-sm', TONES[tone])}
    >
      <Icon size={17} className="mt-0.5 shrink-0" aria-hidden="true" />
      <div className="min-w-0 flex-1">{children}</div>
      {action}
    </div>
  )
}
