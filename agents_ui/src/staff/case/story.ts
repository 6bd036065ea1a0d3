import type { CaseEventView, DeadlineView } from '@/api/types'

/** Who had the case in hand when it happened; gives the dot its colour. */
export type Side = 'center' | 'unit' | 'crew' | 'citizen' | 'system'

export interface StoryLine {
  event: CaseEventView
  side: Side
  milestone: boolean
  /** Seconds past its deadline, where this step came late. */
  late: number | null
}

const SIDES: Record<string, Side> = {
  unit_clerk: 'unit',
  unit_hotline_deputy: 'unit',
  unit_system: 'unit',
  crew_captain: 'crew',
  crew_member: 'crew',
  requester: 'citizen',
  channel_gateway: 'citizen',
  robot: 'system',
  rule_engine: 'system',
  system: 'system',
  device: 'system',
}
const MILESTONES = new Set(['register', 'dispatch', 'report', 'close', 'direct_answer', 'rework_after_check', 'rework_after_survey'])

export function sideOf(role: string): Side {
  return SIDES[role] ?? 'center'
}

/** The steps of a case, newest first, each with what it was late by. */
export function storyOf(events: readonly CaseEventView[], deadlines: readonly DeadlineView[]): StoryLine[] {
  return [...events]
    .sort((a, b) => b.seq - a.seq)
    .map((event) => ({
      event,
      side: sideOf(event.role),
      milestone: MILESTONES.has(event.action),
      late: lateBy(event, deadlines),
    }))
}

function lateBy(event: CaseEventView, deadlines: readonly DeadlineView[]): number | null {
  const missed = deadlines.filter(
    (one) =>
      one.state === 'late' &&
      one.met_at === event.at &&
      (one.assignment_id === null || event.assignment_id === null || one.assignment_id === event.assignment_id),
  )
  if (missed.length === 0) return null
  return Math.max(...missed.map((one) => (Date.parse(event.at) - Date.parse(one.due_at)) / 1000))
}

/** One fact of a step, for the page to put into words. */
export interface Fact {
  name: string
  kind: 'text' | 'choice' | 'unit' | 'yes' | 'no'
  value: string
}

/** The facts of a step's payload that a person wants to read; ids and inner things are left out. */
export function factsOf(payload: Record<string, unknown>, isChoice: (name: string, value: string) => boolean): Fact[] {
  return Object.entries(payload).flatMap(([name, value]): Fact[] => {
    if (typeof value === 'boolean') return [{ name, kind: value ? 'yes' : 'no', value: '' }]
    if (typeof value === 'number') return [{ name, kind: 'text', value: String(value) }]
    if (Array.isArray(value)) return value.flatMap((one) => factsOf({ [name]: one }, isChoice))
    if (typeof value !== 'string' || value === '') return []
    if (UNIT_FIELDS.has(name)) return [{ name, kind: 'unit', value }]
    return [{ name, kind: isChoice(name, value) ? 'choice' : 'text', value }]
  })
}

const UNIT_FIELDS = new Set(['unit_id', 'suggested_unit', 'co_unit_ids', 'lead_unit'])
