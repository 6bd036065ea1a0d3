import { describe, expect, it } from 'vitest'
import type { DeadlineView } from '@/api/types'
import { clockFace, isDueSoon } from './clockFace'

const deadline = (changes: Partial<DeadlineView> = {}): DeadlineView => ({
  type: 'finish',
  assignment_id: null,
  round: 0,
  basis: 'wall',
  start_at: '2026-11-22T06:00:00Z',
  due_at: '2026-11-22T12:00:00Z',
  met_at: null,
  state: 'running',
  limit: 360,
  ...changes,
})
const at = (time: string): number => Date.parse(`2026-11-22T${time}Z`)

describe('the face of a clock', () => {
  it('runs with what remains', () => {
    expect(clockFace(deadline(), at('07:30:00'))).toMatchObject({ state: 'running', remaining: 16200, spent: 0.25 })
  })

  it('warns in the last half hour', () => {
    expect(clockFace(deadline(), at('11:30:00')).state).toBe('due_soon')
  })

  it('is in time when exactly on the due moment, and late a second after', () => {
    expect(clockFace(deadline(), at('12:00:00')).state).toBe('due_soon')
    expect(clockFace(deadline(), at('12:00:01')).state).toBe('late')
  })

  it('keeps showing the time used once met, and that it was met late', () => {
    const met = clockFace(deadline({ met_at: '2026-11-22T08:00:00Z', state: 'met' }), at('20:00:00'))
    expect(met).toMatchObject({ state: 'met', used: 7200 })
    const late = clockFace(deadline({ met_at: '2026-11-22T12:04:00Z', state: 'met' }), at('20:00:00'))
    expect(late).toMatchObject({ state: 'met_late', remaining: -240 })
  })

  it('does not run while paused', () => {
    expect(clockFace(deadline({ state: 'paused' }), at('13:00:00')).state).toBe('paused')
  })

  it('of a short limit warns in its last fifth', () => {
    expect(isDueSoon(180, 900)).toBe(true)
    expect(isDueSoon(181, 900)).toBe(false)
  })
})
