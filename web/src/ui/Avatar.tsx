import { type CSSProperties, memo } from 'react'

import { monogram } from '@/lib/monogram'

import { classes } from './classes'

/** The style that gives an element and all in it a member's colour. */
export function memberStyle(color: string): CSSProperties {
  return { '--member': color } as CSSProperties
}

interface AvatarProps {
  readonly name: string
  readonly color: string
  readonly size?: 'small' | 'normal'
  readonly faded?: boolean
}

/** A member's monogram in its own colour. */
export const Avatar = memo(function Avatar({ name, color, size = 'normal', faded }: AvatarProps) {
  return (
    <span
      aria-hidden="true"
      style={memberStyle(color)}
      className={classes(
        'bg-member-soft text-member inline-flex shrink-0 items-center justify-center font-semibold tracking-tight select-none',
        size === 'small' ? 'size-6 rounded-lg text-[0.625rem]' : 'size-9 rounded-xl text-[0.875rem]',
        faded && 'opacity-50 grayscale',
      )}
    >
      {monogram(name)}
    </span>
  )
})
