/** What a person looks for in the audit trail, as fields hold it, and as the server is asked. */
import type { AuditQuery } from '@/lib/api/audit'

export interface AuditFields {
  readonly action: string
  readonly by: string
  readonly target_kind: string
  readonly target_id: string
  readonly service: string
  readonly sign_in: string
  readonly outcome: '' | 'done' | 'refused'
  /** Days of this device, as `<input type="date">` writes them; both included. */
  readonly from: string
  readonly to: string
}

export const EVERYTHING: AuditFields = {
  action: '',
  by: '',
  target_kind: '',
  target_id: '',
  service: '',
  sign_in: '',
  outcome: '',
  from: '',
  to: '',
}

const WORDS = ['action', 'by', 'target_kind', 'target_id', 'service', 'sign_in'] as const

export function queryOf({ outcome, from, to, ...words }: AuditFields): AuditQuery {
  const said = WORDS.map((name) => [name, words[name].trim()] as const).filter(([, word]) => word !== '')
  return {
    ...Object.fromEntries(said),
    ...(outcome === '' ? {} : { outcome }),
    ...(from === '' ? {} : { since: midnight(from, 0) }),
    ...(to === '' ? {} : { until: midnight(to, 1) }),
  }
}

/** When a day begins here, `later` days on. */
function midnight(day: string, later: number): string {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number)
  return new Date(year, month - 1, date + later).toISOString()
}
