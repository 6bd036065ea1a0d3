import { describe, expect, it } from 'vitest'
import { waveform } from './waveform'

describe('the waveform of a recording', () => {
  it('is a stroke for each peak, and silence a thin one', () => {
    expect(waveform([1, 0], 20, 10)).toBe('M5.0 1.0V9.0M15.0 4.5V5.5')
  })

  it('stays within its box, and of no sound draws nothing', () => {
    expect(waveform([3], 10, 10)).toBe('M5.0 1.0V9.0')
    expect(waveform([], 10, 10)).toBe('')
  })
})
