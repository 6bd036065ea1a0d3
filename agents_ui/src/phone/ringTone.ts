/** The sound of a telephone, computed: no file, and the same everywhere. */

const CYCLE = 3
const FIRST = 440
const SECOND = 554
/** Two bursts, then quiet; seconds from the start of the cycle. */
const BURSTS = [
  [0, 0.4],
  [0.6, 1],
] as const
const SWELL = 0.02
const TREMOLO = 18

/** One cycle of ringing, values between −1 and 1; played over and over. */
export function ringSamples(rate: number): Float32Array<ArrayBuffer> {
  const samples = new Float32Array(Math.round(rate * CYCLE))
  for (const [from, to] of BURSTS) {
    for (let n = Math.round(from * rate); n < Math.round(to * rate); n += 1) {
      const at = n / rate
      const edge = Math.min(1, (at - from) / SWELL, (to - at) / SWELL)
      const trill = 0.6 + 0.4 * Math.sin(2 * Math.PI * TREMOLO * at)
      const tone = Math.sin(2 * Math.PI * FIRST * at) + Math.sin(2 * Math.PI * SECOND * at)
      samples[n] = 0.3 * Math.max(0, edge) * trill * tone
    }
  }
  return samples
}
