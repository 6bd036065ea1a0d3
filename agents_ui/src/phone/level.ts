/** How loud a stretch of samples is: 0 for silence, 1 for as loud as it gets, in steps as the ear hears them. */
export function loudness(samples: Float32Array): number {
  if (samples.length === 0) return 0
  let sum = 0
  for (const sample of samples) sum += sample * sample
  const decibels = 10 * Math.log10(sum / samples.length + 1e-12)
  const QUIETEST = -60
  return Math.min(1, Math.max(0, 1 - decibels / QUIETEST))
}

/** Measures a stream about thirty times a second; returns what ends it. */
export function measure(stream: MediaStream, tell: (level: number) => void): () => void {
  const context = new AudioContext()
  const analyser = context.createAnalyser()
  analyser.fftSize = 1024
  context.createMediaStreamSource(stream).connect(analyser)
  const samples = new Float32Array(analyser.fftSize)
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples)
    tell(loudness(samples))
  }, 33)
  return () => {
    clearInterval(timer)
    void context.close()
  }
}
