import { classes } from './classes'

/** The tree under which people talk, its leaves in several colours. */
export function Mark({ className }: { readonly className?: string }) {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true" className={classes('shrink-0', className)}>
      <rect width="32" height="32" rx="9" fill="#22614f" />
      <path d="M16 26V15.5" stroke="#f7f5f0" strokeWidth="2.4" strokeLinecap="round" />
      <path
        d="M16 20.5c-3.2 0-4.6-1.6-5-4M16 18.5c3.2 0 4.6-1.6 5-4"
        stroke="#f7f5f0"
        strokeWidth="2"
        strokeLinecap="round"
        fill="none"
      />
      <circle cx="9.8" cy="12.4" r="3.4" fill="#f2c07a" />
      <circle cx="16" cy="8.6" r="3.8" fill="#f7f5f0" />
      <circle cx="22.2" cy="11.2" r="3.4" fill="#9bd3bd" />
    </svg>
  )
}

export function Wordmark() {
  return (
    <span className="inline-flex items-center gap-2.5">
      <Mark className="size-7" />
      <span className="font-serif text-[1.375rem] leading-none font-medium tracking-[-0.02em]">Palaver</span>
    </span>
  )
}
