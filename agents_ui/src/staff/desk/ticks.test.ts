import { describe, expect, it } from 'vitest'
import { keptTicks, nextStep, toggled } from './ticks'

const AT = '2026-11-22T06:02:21Z'

describe('a safety script', () => {
  it('is read step by step, and ends', () => {
    const one = toggled([], 0, AT)
    expect([nextStep([], 2), nextStep(one, 2), nextStep(toggled(one, 1, AT), 2)]).toEqual([0, 1, null])
  })

  it('may be read in another order; what was left out comes next', () => {
    expect(nextStep(toggled([], 1, AT), 3)).toBe(0)
  })

  it('takes a tick back', () => {
    expect(toggled(toggled([], 0, AT), 0, AT)).toEqual([])
  })

  it('is kept over a reload, without steps that it has not', () => {
    const text = JSON.stringify([{ step: 0, at: AT }, { step: 7, at: AT }])
    expect(keptTicks(text, 4)).toEqual([{ step: 0, at: AT }])
    expect(keptTicks(null, 4)).toEqual([])
    expect(keptTicks('{}', 4)).toEqual([])
  })
})
