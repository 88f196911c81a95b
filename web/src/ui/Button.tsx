import type { ComponentProps, ReactNode } from 'react'

import { Spinner } from './Spinner'
import { classes } from './classes'

type Look = 'primary' | 'secondary' | 'ghost' | 'danger'

const LOOKS: Record<Look, string> = {
  primary: 'bg-accent text-on-accent hover:bg-accent-hover shadow-[inset_0_1px_0_rgb(255_255_255/0.12)]',
  secondary: 'border border-line-strong bg-raised text-ink hover:bg-sunken',
  ghost: 'text-muted hover:bg-sunken hover:text-ink',
  danger: 'bg-danger text-white dark:text-[#2b0f0c] hover:opacity-90',
}

interface ButtonProps extends ComponentProps<'button'> {
  readonly look?: Look
  readonly small?: boolean
  readonly busy?: boolean
  readonly icon?: ReactNode
}

export function Button({ look = 'secondary', small, busy, icon, children, className, disabled, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      disabled={disabled === true || busy === true}
      aria-busy={busy}
      className={classes(
        'inline-flex shrink-0 items-center justify-center gap-2 rounded-xl font-medium transition-colors select-none',
        'disabled:opacity-50',
        small ? 'h-8 px-3 text-[0.8125rem]' : 'h-10 px-4 text-sm',
        LOOKS[look],
        className,
      )}
      {...rest}
    >
      {busy ? <Spinner /> : icon}
      {children}
    </button>
  )
}
