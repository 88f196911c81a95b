/** A menu behind a button. Not modal: a modal one would inject a style that the content security policy refuses. */
import { DropdownMenu } from 'radix-ui'
import { type ReactNode, use } from 'react'

import { classes } from './classes'
import { OverlayRoot } from './overlayRoot'

interface MenuProps {
  readonly trigger: ReactNode
  readonly children: ReactNode
  readonly align?: 'start' | 'end'
  readonly side?: 'top' | 'bottom'
}

export function Menu({ trigger, children, align = 'end', side = 'bottom' }: MenuProps) {
  const container = use(OverlayRoot)
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal container={container}>
        <DropdownMenu.Content
          align={align}
          side={side}
          sideOffset={6}
          collisionPadding={10}
          className="animate-rise z-40 min-w-48 rounded-2xl border border-line bg-raised p-1.5 shadow-overlay"
        >
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

interface MenuItemProps {
  readonly icon?: ReactNode
  readonly danger?: boolean
  readonly onSelect: () => void
  readonly children: ReactNode
}

export function MenuItem({ icon, danger, onSelect, children }: MenuItemProps) {
  return (
    <DropdownMenu.Item
      onSelect={onSelect}
      className={classes(
        'flex cursor-pointer items-center gap-2.5 rounded-lg px-2.5 py-1.5 text-sm outline-none select-none',
        'data-highlighted:bg-sunken',
        danger ? 'text-danger' : 'text-ink',
      )}
    >
      <span className={danger ? '' : 'text-muted'}>{icon}</span>
      {children}
    </DropdownMenu.Item>
  )
}

export function MenuLine() {
  return <DropdownMenu.Separator className="mx-2 my-1.5 h-px bg-line" />
}

interface MenuChoiceProps<Value extends string> {
  readonly label: string
  readonly value: Value
  readonly options: readonly { readonly value: Value; readonly label: string }[]
  readonly onChange: (value: Value) => void
}

export function MenuChoice<Value extends string>({ label, value, options, onChange }: MenuChoiceProps<Value>) {
  return (
    <DropdownMenu.RadioGroup value={value} onValueChange={(chosen) => onChange(chosen as Value)}>
      <DropdownMenu.Label className="px-2.5 pt-1.5 pb-1 text-xs font-medium text-muted">{label}</DropdownMenu.Label>
      <div className="flex gap-1 px-1.5 pb-1">
        {options.map((option) => (
          <DropdownMenu.RadioItem
            key={option.value}
            value={option.value}
            onSelect={(event) => event.preventDefault()}
            className={classes(
              'flex-1 cursor-pointer rounded-lg px-2.5 py-1 text-center text-[0.8125rem] outline-none select-none',
              'data-highlighted:bg-sunken data-[state=checked]:bg-accent-soft data-[state=checked]:font-medium',
            )}
          >
            {option.label}
          </DropdownMenu.RadioItem>
        ))}
      </div>
    </DropdownMenu.RadioGroup>
  )
}
