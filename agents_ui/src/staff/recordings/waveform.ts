/** The outline of a recording: how loud each of `count` equal stretches is, 0 to 1. */
export function outline(samples: Float32Array, count: number): number[] {
  const peaks: number[] = []
  for (let n = 0; n < count; n += 1) {
    const from = Math.floor((n * samples.length) / count)
    const to = Math.max(from + 1, Math.floor(((n + 1) * samples.length) / count))
    let peak = 0
    for (let at = from; at < to && at < samples.length; at += 1) peak = Math.max(peak, Math.abs(samples[at] ?? 0))
    peaks.push(Math.min(1, peak))
  }
  return peaks
}

/** The outline as a path around a middle line, `width` by `height`. */
export function outlinePath(peaks: readonly number[], width: number, height: number): string {
  const step = peaks.length > 0 ? width / peaks.length : width
  const middle = height / 2
  return peaks
    .map((peak, n) => {
      const x = ((n + 0.5) * step).toFixed(1)
      const half = Math.max(0.5, peak * (middle - 1))
      return `M${x} ${(middle - half).toFixed(1)}V${(middle + half).toFixed(1)}`
    })
    .join('')
}
