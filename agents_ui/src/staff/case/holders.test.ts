import { describe, expect, it } from 'vitest'
import { lanesOf, totals } from './holders'

const at = (time: string): string => `2026-11-22T${time}:00Z`
const ms = (time: string): number => Date.parse(at(time))
type Held = Parameters<typeof lanesOf>[0]

const assignment = (changes: object): Held['assignments'][number] => ({
  id: 'a1',
  version: 1,
  unit: { id: 'u1', code: 'U-WS', name: 'Water' },
  lead: true,
  state: 'sent',
  note: null,
  sent_at: at('06:10'),
  signed_at: null,
  reported_at: null,
  report: null,
  return_request: null,
  rework: null,
  tasks: [],
  ...changes,
})
const clock = (type: string, due: string, changes: object = {}): Held['deadlines'][number] => ({
  type,
  assignment_id: 'a1',
  round: 0,
  basis: 'wall',
  start_at: at('06:10'),
  due_at: at(due),
  met_at: null,
  state: 'running',
  limit: 15,
  ...changes,
})
const held = (changes: Partial<Held>): Held => ({
  registered_at: at('06:00'),
  closed_at: null,
  state: 'dispatched',
  reported_at: null,
  deadlines: [],
  assignments: [],
  ...changes,
})
const told = (view: Held, now: string): string[] =>
  lanesOf(view, ms(now)).flatMap((lane) =>
    lane.stretches.map((s) => `${s.holder}${s.late ? ' late' : ''} ${(s.to - s.from) / 60000}`),
  )

describe('who holds a case', () => {
  it('is the centre until it is sent', () => {
    expect(told(held({}), '06:30')).toEqual(['center 30'])
  })

  it('waits for the unit, late once the time to sign is over', () => {
    const view = held({ assignments: [assignment({})], deadlines: [clock('sign', '06:25')] })
    expect(told(view, '06:20')).toEqual(['center 10', 'wait 10'])
    expect(told(view, '06:30')).toEqual(['center 10', 'wait 15', 'wait late 5'])
  })

  it('goes from unit to centre to citizen', () => {
    const done = assignment({ state: 'passed', signed_at: at('06:20'), reported_at: at('07:20') })
    const view = held({
      state: 'surveying',
      assignments: [done],
      deadlines: [clock('callback', '09:00', { assignment_id: null, start_at: at('07:40') })],
    })
    expect(told(view, '08:00')).toEqual(['center 10', 'wait 10', 'unit 60', 'center 20', 'citizen 20'])
    expect(totals(lanesOf(view, ms('08:00')))).toEqual([
      { holder: 'center', seconds: 1800 },
      { holder: 'wait', seconds: 600 },
      { holder: 'unit', seconds: 3600 },
      { holder: 'citizen', seconds: 1200 },
    ])
  })

  it('has a lane for each unit, the lead first, a co-unit from when it was sent', () => {
    const co = assignment({ id: 'a2', lead: false, sent_at: at('06:15'), unit: { id: 'u2', code: 'U-MU', name: 'Roads' } })
    const lanes = lanesOf(held({ assignments: [co, assignment({})] }), ms('06:30'))
    expect(lanes.map((lane) => [lane.unitName, lane.stretches[0]!.from])).toEqual([
      ['Water', ms('06:00')],
      ['Roads', ms('06:15')],
    ])
  })
})
