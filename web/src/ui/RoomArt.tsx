import type { CSSProperties } from 'react'

import { classes } from './classes'

/** Three answers that grow side by side: what the product does, without words. */
const VOICES = [
  { color: '#f2c07a', initial: 'A', lines: [92, 68] },
  { color: '#9bd3bd', initial: 'B', lines: [78, 88, 40] },
  { color: '#c9b6f2', initial: 'C', lines: [64, 50] },
] as const

export function RoomArt({ className }: { readonly className?: string }) {
  return (
    <div aria-hidden="true" className={classes('flex flex-col gap-5', className)}>
      {VOICES.map(({ color, initial, lines }, voice) => (
        <div key={initial} className="flex gap-3.5" style={{ '--voice': color } as CSSProperties}>
          <span className="flex size-8 shrink-0 items-center justify-center rounded-xl bg-(--voice)/20 text-sm font-semibold text-(--voice)">
            {initial}
          </span>
          <span className="flex flex-1 flex-col gap-2 pt-1.5">
            {lines.map((width, line) => (
              <span
                key={width}
                className="art-line h-2 origin-left rounded-full bg-(--voice)/45"
                style={{ width: `${width}%`, animationDelay: `${voice * 0.22 + line * 0.5}s` }}
              />
            ))}
          </span>
        </div>
      ))}
    </div>
  )
}
