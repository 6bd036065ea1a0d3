import { describe, expect, it } from 'vitest'
import { outline, outlinePath } from './waveform'

describe('the waveform of a recording', () => {
  it('is as loud as the loudest of each stretch, whatever its sign', () => {
    expect(outline(new Float32Array([0, 0.5, -1, 0.25]), 2)).toEqual([0.5, 1])
  })

  it('of less sound than stretches, or none, is still drawn', () => {
    expect(outline(new Float32Array([0.5]), 3)).toHaveLength(3)
    expect(outline(new Float32Array(0), 2)).toEqual([0, 0])
  })

  it('stays within its box', () => {
    expect(outlinePath([1, 0], 20, 10)).toBe('M5.0 1.0V9.0M15.0 4.5V5.5')
  })
})
