/** The meters of a room, and what each member no longer sees. Pure. */
import type { ContextUsage } from '@/contracts/protocol'

/** Numbers of a notice, which lists no messages: what was listed before stays until it is read anew. */
export function withKnownLists(before: ContextUsage | null, notice: ContextUsage): ContextUsage {
  const known = new Map(before?.participants.map(({ id, unseen }) => [id, unseen ?? []]))
  const participants = notice.participants.map((meter) =>
    (meter.left_out ?? 0) > 0 ? { ...meter, unseen: known.get(meter.id) ?? [] } : meter,
  )
  return { ...notice, participants }
}

/** Whether there is anything to list. */
export function leavesOut(usage: ContextUsage): boolean {
  return usage.participants.some(({ left_out }) => (left_out ?? 0) > 0)
}

export interface WindowEdge {
  readonly participantId: string
  /** A summary stands for what is not seen. */
  readonly summarised: boolean
}

/** Message → members for whom it is the last one that they no longer see. */
export function windowEdges(usage: ContextUsage | null): ReadonlyMap<string, readonly WindowEdge[]> {
  const edges = new Map<string, WindowEdge[]>()
  for (const { id, unseen, summary } of usage?.participants ?? []) {
    const last = unseen?.at(-1)
    const edge = { participantId: id, summarised: Boolean(summary) }
    if (last !== undefined) edges.set(last, [...(edges.get(last) ?? []), edge])
  }
  return edges
}
