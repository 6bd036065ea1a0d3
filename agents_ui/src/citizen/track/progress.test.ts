import { beforeEach, describe, expect, it } from 'vitest'
import { speak, t } from '../language'
import type { CitizenCase } from '../shapes'
import { conclusion, dueWords, isOver, shownSteps, standingOf } from './progress'

const NOW = Date.parse('2026-11-22T06:00:00Z')
const open: CitizenCase = {
  case_no: 'LL20261122-00412-4',
  title: 'Cold radiators',
  plain_state: 'handling',
  unit_name: 'Heating',
  registered_at: '2026-11-22T05:00:00Z',
  due_at: '2026-11-22T14:00:00Z',
  closed_at: null,
  steps: [
    { at: '2026-11-22T05:00:00Z', code: 'registered' },
    { at: '2026-11-22T05:10:00Z', code: 'something_new' },
    { at: '2026-11-22T05:20:00Z', code: 'handling' },
  ],
}

describe('the progress of a case', () => {
  beforeEach(() => speak('en'))

  it('begins with a plain conclusion and when it will be done', () => {
    expect(conclusion(open)).toBe(t('plain.handling'))
    expect(dueWords(open, NOW)).toBe('Done by today 22:00')
  })

  it('leaves out steps it has no words for, and ends with what is still to come', () => {
    const steps = shownSteps(open)
    expect(steps.map((step) => [step.text, step.kind])).toEqual([
      [t('step.registered'), 'past'],
      [t('step.handling'), 'now'],
      [t('step.next_rate'), 'ahead'],
    ])
  })

  it('says that the moment has passed rather than promising it again', () => {
    expect(dueWords({ ...open, plain_state: 'late', due_at: '2026-11-22T05:30:00Z' }, NOW)).toBe('Was due by today 13:30')
    expect(standingOf({ ...open, plain_state: 'late' })).toBe('late')
  })

  it('has nothing ahead and no promise once it is closed', () => {
    const closed = { ...open, plain_state: 'closed', closed_at: '2026-11-22T05:50:00Z' }
    expect(isOver(closed)).toBe(true)
    expect(shownSteps(closed).every((step) => step.kind === 'past')).toBe(true)
    expect(dueWords(closed, NOW)).toBe('Closed today 13:50')
  })
})
