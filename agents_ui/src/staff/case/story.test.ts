import { describe, expect, it } from 'vitest'
import type { CaseEventView, DeadlineView } from '@/api/types'
import { factsOf, sideOf, storyOf } from './story'

const event = (seq: number, action: string, changes: Partial<CaseEventView> = {}): CaseEventView => ({
  seq,
  at: `2026-11-22T06:0${seq}:00Z`,
  actor_name: 'Zhou',
  role: 'agent',
  action,
  proposed: false,
  assignment_id: null,
  from_state: null,
  to_state: 'registered',
  payload: {},
  ...changes,
})
const deadline = (changes: Partial<DeadlineView>): DeadlineView => ({
  type: 'sign',
  assignment_id: 'a1',
  round: 0,
  basis: 'wall',
  start_at: '2026-11-22T06:00:00Z',
  due_at: '2026-11-22T06:01:00Z',
  met_at: '2026-11-22T06:03:00Z',
  state: 'late',
  limit: 1,
  ...changes,
})

describe('the story of a case', () => {
  it('is told newest first, with what matters most marked', () => {
    const lines = storyOf([event(1, 'register'), event(2, 'accept'), event(3, 'dispatch')], [])
    expect(lines.map((line) => [line.event.action, line.milestone])).toEqual([
      ['dispatch', true],
      ['accept', false],
      ['register', true],
    ])
  })

  it('says which step came late, and by how much', () => {
    const signed = event(3, 'sign', { assignment_id: 'a1' })
    expect(storyOf([signed], [deadline({})])[0]!.late).toBe(120)
    expect(storyOf([signed], [deadline({ assignment_id: 'a2' })])[0]!.late).toBeNull()
    expect(storyOf([signed], [deadline({ state: 'met' })])[0]!.late).toBeNull()
  })

  it('knows who had it in hand', () => {
    expect(['agent', 'unit_clerk', 'crew_member', 'requester', 'robot'].map(sideOf)).toEqual([
      'center',
      'unit',
      'crew',
      'citizen',
      'system',
    ])
  })
})

describe('the facts of a step', () => {
  const isChoice = (name: string, value: string): boolean => name === 'result_code' && value === 'fixed'

  it('are words, choices, units and answers; what is empty or inner is left out', () => {
    const payload = {
      narrative: 'Valve changed',
      result_code: 'fixed',
      contacted_user: true,
      labor_fee: 0,
      unit_id: 'u1',
      note: '',
      survey: { score: 5 },
      missing: null,
    }
    expect(factsOf(payload, isChoice).map(({ name, kind }) => `${name}:${kind}`)).toEqual([
      'narrative:text',
      'result_code:choice',
      'contacted_user:yes',
      'labor_fee:text',
      'unit_id:unit',
    ])
  })

  it('of a list are one each', () => {
    expect(factsOf({ co_unit_ids: ['u1', 'u2'] }, isChoice).map((fact) => fact.value)).toEqual(['u1', 'u2'])
  })
})
