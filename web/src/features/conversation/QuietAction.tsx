import type { ReactNode } from 'react'

import { IconButton } from '@/ui/IconButton'
import { classes } from '@/ui/classes'

interface QuietActionProps {
  readonly label: string
  readonly pressed?: boolean
  readonly disabled?: boolean
  readonly onClick: () => void
  readonly children: ReactNode
}

/** Something to do with an answer: there under the pointer, by the keyboard, and always where there is no pointer. */
export function QuietAction({ label, pressed, disabled, onClick, children }: QuietActionProps) {
  return (
    <IconButton
      small
      label={label}
      aria-pressed={pressed}
      disabled={disabled}
      onClick={onClick}
      className={classes(
        'group-hover/reply:opacity-100 focus-visible:opacity-100',
        pressed ? 'text-accent' : 'sm:opacity-0',
      )}
    >
      {children}
    </IconButton>
  )
}
