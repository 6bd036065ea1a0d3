import { describe, expect, it } from 'vitest'
import { loudness } from './level'
import { ringSamples } from './ringTone'

describe('the ring', () => {
  const samples = ringSamples(8000)
  const loud = (from: number, to: number): number => Math.max(...samples.slice(from * 8000, to * 8000).map(Math.abs))

  it('is two bursts and then quiet, and never too loud for a loudspeaker', () => {
    expect(samples).toHaveLength(24_000)
    expect(loud(0.05, 0.35)).toBeGreaterThan(0.3)
    expect(loud(0.65, 0.95)).toBeGreaterThan(0.3)
    expect(loud(1.05, 3)).toBe(0)
    expect(loud(0, 3)).toBeLessThanOrEqual(1)
  })
})

describe('the level of a microphone', () => {
  it('is nothing in silence, full at the most, and between for a voice', () => {
    expect(loudness(new Float32Array(64))).toBe(0)
    expect(loudness(new Float32Array(64).fill(1))).toBe(1)
    expect(loudness(new Float32Array(64).fill(0.05))).toBeCloseTo(0.57, 1)
  })
})
