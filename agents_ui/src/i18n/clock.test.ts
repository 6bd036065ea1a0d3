import { describe, expect, it } from 'vitest'
import { cityDay, clockSeconds, clockTime, dayTime, timer } from './clock'
import { durationParts } from './durations'

describe('times on a page', () => {
  it('are those of the city, not of the computer', () => {
    expect(clockTime('2026-11-22T06:02:41Z')).toBe('14:02')
    expect(clockSeconds('2026-11-22T06:02:41Z')).toBe('14:02:41')
    expect(cityDay('2026-11-22T16:00:00Z')).toBe('2026-11-23')
  })

  it('name the day only when it is not today, and the year only when it is another', () => {
    const now = Date.parse('2026-11-22T06:00:00Z')
    expect(dayTime('2026-11-22T10:18:00Z', now)).toBe('18:18')
    expect(dayTime('2026-11-23T00:02:00Z', now)).toBe('11-23 08:02')
    expect(dayTime('2027-01-01T00:02:00Z', now)).toBe('2027-01-01 08:02')
  })

  it('run as a timer with hours only when there are any', () => {
    expect(timer(161)).toBe('02:41')
    expect(timer(3761)).toBe('1:02:41')
    expect(timer(-5)).toBe('00:00')
  })
})

describe('a duration', () => {
  it.each([
    [29, ['29 second']],
    [59.9, ['59 second']],
    [240, ['4 minute']],
    [13200, ['3 hour', '40 minute']],
    [79200, ['22 hour']],
    [183600, ['2 day', '3 hour']],
    [-3, ['0 second']],
  ])('of %d s is told in its two largest units', (seconds, told) => {
    expect(durationParts(seconds).map(({ n, unit }) => `${n} ${unit}`)).toEqual(told)
  })
})
