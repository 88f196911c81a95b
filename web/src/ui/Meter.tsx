import { classes } from './classes'

/** From here on a window is getting full, and then nearly full. */
export const AMBER_ABOVE = 0.6
export const RED_ABOVE = 0.8

export type Fill = 'ok' | 'amber' | 'red'

export function fillOf(used: number, maximum: number): Fill {
  const share = maximum > 0 ? used / maximum : 0
  if (share > RED_ABOVE) return 'red'
  return share > AMBER_ABOVE ? 'amber' : 'ok'
}

const BARS: Record<Fill, string> = {
  ok: 'bg-(--meter-ok)',
  amber: 'bg-(--meter-warn)',
  red: 'bg-(--meter-danger)',
}

interface MeterProps {
  readonly label: string
  readonly used: number
  readonly maximum: number
  readonly text: string
  /** Where fullness means something else than for a window. */
  readonly fill?: Fill
}

export function Meter({ label, used, maximum, text, fill = fillOf(used, maximum) }: MeterProps) {
  const share = maximum > 0 ? Math.min(1, used / maximum) : 0
  return (
    <div
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={maximum}
      aria-valuenow={Math.min(used, maximum)}
      aria-valuetext={text}
      data-fill={fill}
      className="h-1.5 overflow-hidden rounded-full bg-sunken"
    >
      <div
        className={classes('h-full rounded-full transition-[width] duration-500', BARS[fill])}
        style={{ width: `${Math.max(share * 100, used > 0 ? 1.5 : 0)}%` }}
      />
    </div>
  )
}
