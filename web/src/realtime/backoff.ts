/** How long to wait before the next attempt to connect: exponential with full jitter, so that clients spread out. */

export const FIRST_DELAY_MS = 500
export const MAX_DELAY_MS = 10_000
/** After 4029 the server has said that it is asked too often. */
export const RATE_LIMITED_DELAY_MS = 15_000

/** `attempt` counts from 0; `random` is in [0, 1). Never below a fifth of the ceiling, so that a refusal is no storm. */
export function backoffDelay(attempt: number, random: number): number {
  const ceiling = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(attempt, 16))
  return Math.round(ceiling * (0.2 + 0.8 * random))
}
