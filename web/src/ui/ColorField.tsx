import { MEMBER_COLORS } from '@/lib/memberColors'

import { memberStyle } from './Avatar'
import { classes } from './classes'

interface ColorFieldProps {
  readonly label: string
  readonly value: string
  readonly onChange: (color: string) => void
}

/** One of the colours that are told apart side by side. */
export function ColorField({ label, value, onChange }: ColorFieldProps) {
  return (
    <fieldset>
      <legend className="text-[0.8125rem] font-medium">{label}</legend>
      <div className="mt-2 flex flex-wrap gap-2">
        {MEMBER_COLORS.map((choice) => (
          <label
            key={choice}
            style={memberStyle(choice)}
            className={classes(
              'bg-member relative size-7 cursor-pointer rounded-full ring-offset-2 ring-offset-surface has-focus-visible:ring-2 has-focus-visible:ring-accent',
              choice === value.toLowerCase() && 'ring-2 ring-ink',
            )}
          >
            <input
              type="radio"
              name="color"
              className="sr-only"
              aria-label={choice}
              checked={choice === value.toLowerCase()}
              onChange={() => onChange(choice)}
            />
          </label>
        ))}
      </div>
    </fieldset>
  )
}
