/** What the audit list is filtered by; days are the city's. */
export interface AuditFilter {
  actor: string
  object: string
  action: string
  outcome: string
  /** First and last day, as 2026-11-22; both included. */
  since: string
  until: string
}

const DAY_MS = 86_400_000

export function emptyFilter(): AuditFilter {
  return { actor: '', object: '', action: '', outcome: '', since: '', until: '' }
}

/** The query of the server: only what is set, days as instants. */
export function auditQuery(filter: AuditFilter): Record<string, string> {
  const { actor, object, action, outcome } = filter
  const query = { actor: actor.trim(), object: object.trim(), action: action.trim(), outcome, since: '', until: '' }
  if (filter.since) query.since = new Date(startOf(filter.since)).toISOString()
  if (filter.until) query.until = new Date(startOf(filter.until) + DAY_MS).toISOString()
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== ''))
}

function startOf(day: string): number {
  return Date.parse(`${day}T00:00:00+08:00`)
}
