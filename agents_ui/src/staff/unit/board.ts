/** The unit's board: which assignments are shown, in which order, and what the next decision is. */
import type { CrewRef, UnitAssignmentView } from '@/api/types'
import { isDueSoon } from '@/design/clockFace'

export const GROUPS = ['to_sign', 'in_hand', 'to_mend'] as const
export type Group = (typeof GROUPS)[number]
export type Filter = 'all' | Group | 'due_soon' | 'late'

/** The next decision on an assignment; `wait` when it is the centre's turn. */
export type Decision = 'sign' | 'send' | 'report' | 'wait'

/** Seconds until the limit that counts now; negative when late, null when no clock runs. */
export function remaining(line: UnitAssignmentView, now: number): number | null {
  return line.due_at === null ? null : (Date.parse(line.due_at) - now) / 1000
}

export type Haste = 'late' | 'soon' | 'running' | 'none'

/** How pressing it is. Half an hour is little whatever the limit was; to sign is a matter of minutes. */
export function haste(line: UnitAssignmentView, now: number): Haste {
  const left = remaining(line, now)
  if (left === null) return 'none'
  if (left < 0) return 'late'
  const limit = line.due_type === 'sign' ? 15 * 60 : Number.POSITIVE_INFINITY
  return isDueSoon(left, limit) ? 'soon' : 'running'
}

export function decisionOn(line: UnitAssignmentView): Decision {
  if (line.state === 'sent') return 'sign'
  if (line.state === 'signed' || line.state === 'rework') return 'send'
  return line.state === 'in_progress' ? 'report' : 'wait'
}

/** The most urgent first: what is late or due soonest, then what has no clock. */
export function byUrgency(lines: readonly UnitAssignmentView[]): UnitAssignmentView[] {
  const due = (line: UnitAssignmentView): number => (line.due_at ? Date.parse(line.due_at) : Number.POSITIVE_INFINITY)
  return [...lines].sort((a, b) => due(a) - due(b) || a.case.case_no.localeCompare(b.case.case_no))
}

export function matches(line: UnitAssignmentView, filter: Filter, text: string, now: number): boolean {
  const wanted = text.trim().toLowerCase()
  const { case_no: number, title, address } = line.case
  if (wanted && ![number, title, address].some((part) => part.toLowerCase().includes(wanted))) return false
  if (filter === 'late') return haste(line, now) === 'late'
  if (filter === 'due_soon') return haste(line, now) === 'soon'
  return filter === 'all' || line.group === filter
}

/** How many assignments each crew has in hand. */
export function crewLoads(lines: readonly UnitAssignmentView[]): Map<string, number> {
  const loads = new Map<string, number>()
  for (const { crew } of lines) if (crew) loads.set(crew.id, (loads.get(crew.id) ?? 0) + 1)
  return loads
}

/** The crew with the least in hand, the first by name among equals; null when there is no crew. */
export function suggestedCrew<T extends CrewRef>(crews: readonly T[], loads: ReadonlyMap<string, number>): T | null {
  const load = (crew: T): number => loads.get(crew.id) ?? 0
  return [...crews].sort((a, b) => load(a) - load(b) || a.name.localeCompare(b.name))[0] ?? null
}
