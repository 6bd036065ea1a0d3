/** When each step of a safety script was read out, by its place; kept in this tab for a reload. */
export interface Tick {
  step: number
  at: string
}

/** What was kept, without what does not belong there. */
export function keptTicks(text: string | null, steps: number): Tick[] {
  const found: unknown = text ? JSON.parse(text) : []
  if (!Array.isArray(found)) return []
  return (found as Tick[]).filter(({ step }) => Number.isInteger(step) && step >= 0 && step < steps)
}

/** The step that is to be read now; null when all were. */
export function nextStep(ticks: readonly Tick[], steps: number): number | null {
  for (let step = 0; step < steps; step += 1) if (!ticks.some((tick) => tick.step === step)) return step
  return null
}

/** Tick a step, or take its tick back. */
export function toggled(ticks: readonly Tick[], step: number, at: string): Tick[] {
  if (ticks.some((tick) => tick.step === step)) return ticks.filter((tick) => tick.step !== step)
  return [...ticks, { step, at }]
}
