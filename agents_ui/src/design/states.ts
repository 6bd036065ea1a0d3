/** Which shape and colour a state has; its word comes from the catalogue `common`. */

export const GLYPHS = ['idle', 'ring', 'call', 'wrap', 'busy', 'over', 'lost'] as const
export type Glyph = (typeof GLYPHS)[number]

const CASE: Record<string, Glyph> = {
  registered: 'ring',
  verifying: 'ring',
  accepted: 'ring',
  dispatched: 'ring',
  handling: 'call',
  suspended: 'busy',
  reported: 'ring',
  checking: 'call',
  surveying: 'call',
  closed: 'idle',
  archived: 'idle',
  rejected: 'lost',
  merged: 'lost',
  cancelled: 'lost',
}

const ASSIGNMENT: Record<string, Glyph> = {
  sent: 'ring',
  signed: 'call',
  return_requested: 'busy',
  returned: 'lost',
  withdrawn: 'lost',
  in_progress: 'call',
  reported: 'ring',
  passed: 'idle',
  rework: 'wrap',
}

const TASK: Record<string, Glyph> = {
  offered: 'ring',
  accepted: 'call',
  en_route: 'call',
  arrived: 'call',
  working: 'call',
  blocked: 'busy',
  done: 'idle',
  declined: 'lost',
  expired: 'lost',
  cancelled: 'lost',
}

const AGENT: Record<string, Glyph> = {
  ready: 'idle',
  ringing: 'ring',
  call: 'call',
  wrap_up: 'wrap',
  busy: 'busy',
  offline: 'lost',
}

const DEADLINE: Record<string, Glyph> = {
  running: 'call',
  due_soon: 'ring',
  met: 'idle',
  late: 'over',
  met_late: 'over',
  paused: 'busy',
  stopped: 'lost',
  not_started: 'lost',
}

const KINDS = { case: CASE, assignment: ASSIGNMENT, task: TASK, agent: AGENT, deadline: DEADLINE }
export type StateKind = keyof typeof KINDS

/** The glyph of a state; one this page does not know yet is shown as unknown, never as fine. */
export function glyphOf(kind: StateKind, state: string): Glyph {
  return KINDS[kind][state] ?? 'lost'
}
