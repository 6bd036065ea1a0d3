import { useI18n } from 'vue-i18n'

const MINUTE = 60
const HOUR = 3600
const DAY = 86400

export interface DurationPart {
  unit: 'day' | 'hour' | 'minute' | 'second'
  n: number
}

/** The two largest units of a duration, rounded down: 3 h 40 min, 29 s, 2 d 3 h. Never nothing. */
export function durationParts(seconds: number): DurationPart[] {
  const whole = Math.max(0, Math.floor(seconds))
  if (whole < MINUTE) return [{ unit: 'second', n: whole }]
  if (whole < HOUR) return [{ unit: 'minute', n: Math.floor(whole / MINUTE) }]
  const [big, small, size, next] =
    whole < DAY ? (['hour', 'minute', HOUR, MINUTE] as const) : (['day', 'hour', DAY, HOUR] as const)
  const rest = Math.floor((whole % size) / next)
  const first: DurationPart = { unit: big, n: Math.floor(whole / size) }
  return rest > 0 ? [first, { unit: small, n: rest }] : [first]
}

/** Durations in words of the current language. */
export function useDurations(): { words: (seconds: number) => string } {
  const { t } = useI18n()
  const words = (seconds: number): string =>
    durationParts(seconds)
      .map(({ unit, n }) => t(`common.duration.${unit}`, { n }))
      .join(' ')
  return { words }
}
