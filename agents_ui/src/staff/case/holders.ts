import type { CaseView } from '@/api/types'

export type Holder = 'center' | 'wait' | 'unit' | 'citizen'

/** A stretch of time in one pair of hands; times in milliseconds. `late`: past a deadline of that stretch. */
export interface Stretch {
  holder: Holder
  from: number
  to: number
  late: boolean
}

export interface Lane {
  unitName: string | null
  lead: boolean
  stretches: Stretch[]
}

type Held = Pick<CaseView, 'registered_at' | 'closed_at' | 'state' | 'deadlines' | 'assignments' | 'reported_at'>

/** Who held the case and for how long: a lane for each unit, the lead's from registration on. */
export function lanesOf(view: Held, now: number): Lane[] {
  const start = Date.parse(view.registered_at)
  const end = view.closed_at ? Date.parse(view.closed_at) : now
  if (view.assignments.length === 0) {
    return [{ unitName: null, lead: true, stretches: solid([{ holder: 'center', from: start, to: end, late: false }]) }]
  }
  return [...view.assignments]
    .sort((a, b) => Number(b.lead) - Number(a.lead) || a.sent_at.localeCompare(b.sent_at))
    .map((one) => ({
      unitName: one.unit.name,
      lead: one.lead,
      stretches: solid(laneOf(view, one, one.lead ? start : Date.parse(one.sent_at), end)),
    }))
}

function laneOf(view: Held, one: CaseView['assignments'][number], start: number, end: number): Stretch[] {
  const sent = Date.parse(one.sent_at)
  const signed = one.signed_at ? Date.parse(one.signed_at) : null
  const reported = one.reported_at && !['in_progress', 'rework'].includes(one.state) ? Date.parse(one.reported_at) : null
  const due = (type: string): number => {
    const clocks = view.deadlines.filter((clock) => clock.type === type && clock.assignment_id === one.id)
    return clocks.length > 0 ? Date.parse(clocks.at(-1)!.due_at) : Infinity
  }
  const lane: Stretch[] = [{ holder: 'center', from: start, to: sent, late: false }]
  if (one.state === 'returned' || one.state === 'withdrawn') return lane
  lane.push(...cut('wait', sent, signed ?? end, due('sign')))
  if (signed !== null) lane.push(...cut('unit', signed, reported ?? end, due('finish')))
  if (reported !== null && one.lead) {
    const asked = view.deadlines.find((clock) => clock.type === 'callback')
    const handed = asked ? Date.parse(asked.start_at) : end
    lane.push({ holder: 'center', from: reported, to: handed, late: false })
    lane.push({ holder: 'citizen', from: handed, to: end, late: false })
  }
  return lane
}

function cut(holder: Holder, from: number, to: number, due: number): Stretch[] {
  const edge = Math.min(Math.max(due, from), to)
  return [
    { holder, from, to: edge, late: false },
    { holder, from: edge, to, late: true },
  ]
}

function solid(lane: Stretch[]): Stretch[] {
  return lane.filter((stretch) => stretch.to > stretch.from)
}

/** What each holder had in all, in seconds, in the order they first held it. */
export function totals(lanes: readonly Lane[]): { holder: Holder; seconds: number }[] {
  const sums = new Map<Holder, number>()
  const lead = lanes.find((lane) => lane.lead)
  for (const { holder, from, to } of lead?.stretches ?? []) sums.set(holder, (sums.get(holder) ?? 0) + (to - from) / 1000)
  return [...sums].map(([holder, seconds]) => ({ holder, seconds }))
}
