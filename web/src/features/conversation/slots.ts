/** Who has a place in the bar of running answers. Pure. */

/**
 * Members in the order in which they began. Whoever has ended keeps the place until nobody runs any more, so that no
 * button moves under a pointer.
 */
export function nextSlots(before: readonly string[], running: readonly string[]): readonly string[] {
  if (running.length === 0) return before.length === 0 ? before : []
  const added = running.filter((id) => !before.includes(id))
  return added.length === 0 ? before : [...before, ...added]
}
