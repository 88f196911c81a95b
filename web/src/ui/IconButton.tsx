import { Tooltip } from 'radix-ui'
import { type ComponentProps, use } from 'react'

import { classes } from './classes'
import { OverlayRoot } from './overlayRoot'

interface IconButtonProps extends ComponentProps<'button'> {
  /** Said by screen readers and shown on hover: an icon alone says too little. */
  readonly label: string
  readonly small?: boolean
}

export function IconButton({ label, small, className, ...rest }: IconButtonProps) {
  const container = use(OverlayRoot)
  return (
    <Tooltip.Root>
      <Tooltip.Trigger asChild>
        <button
          type="button"
          aria-label={label}
          className={classes(
            'inline-flex shrink-0 items-center justify-center rounded-lg text-muted transition-colors',
            'hover:bg-sunken hover:text-ink disabled:opacity-40 data-[state=open]:bg-sunken',
            small ? 'size-8' : 'size-9',
            className,
          )}
          {...rest}
        />
      </Tooltip.Trigger>
      <Tooltip.Portal container={container}>
        <Tooltip.Content
          sideOffset={6}
          collisionPadding={8}
          className="animate-rise z-50 rounded-lg bg-ink px-2.5 py-1 text-xs font-medium text-canvas"
        >
          {label}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  )
}
