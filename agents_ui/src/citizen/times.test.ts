import { beforeEach, describe, expect, it } from 'vitest'
import { speak } from './language'
import { clock, dayAndClock, duration, sameDay } from './times'

const NOW = Date.parse('2026-11-22T15:30:00Z')

describe('times on the citizen page', () => {
  beforeEach(() => speak('en'))

  it('are those of the city, whatever the phone says', () => {
    expect(clock('2026-11-22T15:59:00Z')).toBe('23:59')
    expect(clock('2026-11-22T16:00:00Z')).toBe('00:00')
    expect(sameDay('2026-11-22T15:59:00Z', '2026-11-22T16:00:00Z')).toBe(false)
  })

  it('name the day when it is near, and date it when it is not', () => {
    expect(dayAndClock('2026-11-22T14:00:00Z', NOW)).toBe('today 22:00')
    expect(dayAndClock('2026-11-22T18:05:00Z', NOW)).toBe('tomorrow 02:05')
    expect(dayAndClock('2026-11-21T14:00:00Z', NOW)).toBe('yesterday 22:00')
    expect(dayAndClock('2025-01-02T14:00:00Z', NOW)).toContain('2025')
  })

  it.each([
    [12, '12 s'],
    [61, '1 min'],
    [13_200, '3 h 40 min'],
    [300_000, '3 d'],
    [-5, '0 s'],
  ])('a length of %i seconds is %s', (seconds, words) => {
    expect(duration(seconds)).toBe(words)
  })
})
