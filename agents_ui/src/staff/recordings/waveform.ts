/** Peaks from 0 to 1 as a path of strokes around a middle line, `width` by `height`. */
export function waveform(peaks: readonly number[], width: number, height: number): string {
  const step = peaks.length > 0 ? width / peaks.length : width
  const middle = height / 2
  return peaks
    .map((peak, n) => {
      const x = ((n + 0.5) * step).toFixed(1)
      const half = Math.max(0.5, Math.min(1, peak) * (middle - 1))
      return `M${x} ${(middle - half).toFixed(1)}V${(middle + half).toFixed(1)}`
    })
    .join('')
}
