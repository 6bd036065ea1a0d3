import type { DeadlineView } from '@/api/types'

/** What a clock shows; times in seconds. */
export interface ClockFace {
  state: 'running' | 'due_soon' | 'met' | 'late' | 'met_late' | 'paused' | 'stopped'
  limit: number
  /** Time from start to the moment it was met; null while it runs. */
  used: number | null
  /** Until the due moment; negative when late. */
  remaining: number
  /** Part of the limit that is spent, 0 to 1. */
  spent: number
}

const SOON_SHARE = 0.2
const SOON_SECONDS = 1800

/** Whether so little is left that it must be looked at: a fifth of the limit or half an hour, the smaller. */
export function isDueSoon(remaining: number, limit: number): boolean {
  return remaining >= 0 && remaining <= Math.min(limit * SOON_SHARE, SOON_SECONDS)
}

/** The face of a deadline at `now` (ms). Being exactly on the due moment is in time (DOMAIN 2.5). */
export function clockFace(deadline: DeadlineView, now: number): ClockFace {
  const start = Date.parse(deadline.start_at)
  const due = Date.parse(deadline.due_at)
  const until = deadline.met_at ? Date.parse(deadline.met_at) : now
  const limit = Math.max(1, (due - start) / 1000)
  const remaining = (due - until) / 1000
  const used = deadline.met_at ? Math.max(0, (until - start) / 1000) : null
  const spent = Math.min(1, Math.max(0, 1 - remaining / limit))
  return { state: faceState(deadline, remaining, limit), limit, used, remaining, spent }
}

function faceState(deadline: DeadlineView, remaining: number, limit: number): ClockFace['state'] {
  if (deadline.state === 'paused' || deadline.state === 'stopped') return deadline.state
  if (deadline.met_at) return remaining < 0 ? 'met_late' : 'met'
  if (remaining < 0) return 'late'
  return isDueSoon(remaining, limit) ? 'due_soon' : 'running'
}
