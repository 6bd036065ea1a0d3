import { describe, expect, it } from 'vitest'
import type { UnitAssignmentView } from '@/api/types'
import { byUrgency, crewLoads, decisionOn, haste, matches, suggestedCrew } from './board'

const NOW = Date.parse('2026-11-22T06:00:00Z')
const minutes = (n: number): string => new Date(NOW + n * 60_000).toISOString()

function line(over: Partial<UnitAssignmentView>, title = 'A leak', address = 'Main Road 3'): UnitAssignmentView {
  const brief = { case_no: 'LL20261122-00001-1', title, address } as UnitAssignmentView['case']
  const common = { assignment_id: 'a', state: 'sent', group: 'to_sign', due_type: 'sign', due_at: minutes(5), crew: null }
  return { ...common, case: brief, ...over } as UnitAssignmentView
}

describe('the unit board', () => {
  it('puts the late and the soonest due first, and what has no clock last', () => {
    const lines = [line({ due_at: null }), line({ due_at: minutes(60) }), line({ due_at: minutes(-10) })]
    expect(byUrgency(lines).map((one) => one.due_at)).toEqual([minutes(-10), minutes(60), null])
  })

  it('calls an assignment late only once its moment has passed', () => {
    expect(haste(line({ due_at: minutes(0) }), NOW)).not.toBe('late')
    expect(haste(line({ due_at: minutes(-1) }), NOW)).toBe('late')
    expect(haste(line({ due_at: null }), NOW)).toBe('none')
  })

  it('calls it due soon in the last half hour, and to sign in the last minutes', () => {
    expect(haste(line({ due_type: 'finish', due_at: minutes(29) }), NOW)).toBe('soon')
    expect(haste(line({ due_type: 'finish', due_at: minutes(31) }), NOW)).toBe('running')
    expect(haste(line({ due_type: 'sign', due_at: minutes(8) }), NOW)).toBe('running')
    expect(haste(line({ due_type: 'sign', due_at: minutes(2) }), NOW)).toBe('soon')
  })

  it.each([
    ['sent', 'sign'],
    ['signed', 'send'],
    ['rework', 'send'],
    ['in_progress', 'report'],
    ['return_requested', 'wait'],
  ])('in state %s asks to %s', (state, decision) => {
    expect(decisionOn(line({ state }))).toBe(decision)
  })

  it('is searched by number, title and address, whatever the case of the letters', () => {
    expect(matches(line({}), 'all', 'main road', NOW)).toBe(true)
    expect(matches(line({}), 'all', '00001', NOW)).toBe(true)
    expect(matches(line({}), 'all', 'lamp', NOW)).toBe(false)
    expect(matches(line({}), 'in_hand', '', NOW)).toBe(false)
  })

  it('suggests the crew with the least in hand', () => {
    const crews = [{ id: '1', name: 'One' }, { id: '2', name: 'Two' }]
    const lines = [line({ crew: crews[0]! }), line({ crew: crews[0]! })]
    expect(suggestedCrew(crews, crewLoads(lines))).toEqual(crews[1])
    expect(suggestedCrew([], new Map())).toBeNull()
  })
})
