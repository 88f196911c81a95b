import { type ComponentProps, type ReactNode, useId } from 'react'

import { classes } from './classes'

const BOX = classes(
  'w-full rounded-xl border border-line-strong bg-raised px-3.5 text-[0.9375rem] transition-colors',
  'hover:border-muted focus:border-accent focus:outline-2 focus:outline-offset-0 focus:outline-accent/30',
  'aria-invalid:border-danger',
)

interface FieldProps {
  readonly label: string
  readonly hint?: ReactNode
  readonly error?: string | null
}

interface Described extends FieldProps {
  readonly children: (wiring: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: true }) => ReactNode
}

function Described({ label, hint, error, children }: Described) {
  const id = useId()
  const note = error ?? hint
  return (
    <div className="flex flex-col gap-1.5">
      <label htmlFor={id} className="text-[0.8125rem] font-medium">
        {label}
      </label>
      {children({ id, ...(note ? { 'aria-describedby': `${id}-note` } : {}), ...(error ? { 'aria-invalid': true } : {}) })}
      {note ? (
        <p id={`${id}-note`} className={classes('text-[0.8125rem]', error ? 'text-danger' : 'text-muted')}>
          {note}
        </p>
      ) : null}
    </div>
  )
}

export function TextField({ label, hint, error, className, ...rest }: FieldProps & ComponentProps<'input'>) {
  return (
    <Described label={label} hint={hint} {...(error === undefined ? {} : { error })}>
      {(wiring) => <input {...wiring} className={classes(BOX, 'h-11', className)} {...rest} />}
    </Described>
  )
}

export function TextAreaField({ label, hint, error, className, ...rest }: FieldProps & ComponentProps<'textarea'>) {
  return (
    <Described label={label} hint={hint} {...(error === undefined ? {} : { error })}>
      {(wiring) => (
        <textarea {...wiring} className={classes(BOX, 'scroll-quiet resize-y py-2.5 leading-relaxed', className)} {...rest} />
      )}
    </Described>
  )
}

export function SelectField({ label, hint, error, className, ...rest }: FieldProps & ComponentProps<'select'>) {
  return (
    <Described label={label} hint={hint} {...(error === undefined ? {} : { error })}>
      {(wiring) => <select {...wiring} className={classes(BOX, 'select-arrow h-11', className)} {...rest} />}
    </Described>
  )
}
