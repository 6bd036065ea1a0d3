/** Times as people say them, always in the city's zone. */
import { language, t } from './language'

const ZONE = 'Asia/Shanghai'
const DAY = 86_400_000

export function clock(at: string | number | Date): string {
  return formatted(at, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
}

/** Clock time with today, tomorrow, yesterday or the date before it. */
export function dayAndClock(at: string, now: number = Date.now()): string {
  const time = clock(at)
  const days = dayNumber(new Date(at).getTime()) - dayNumber(now)
  if (days === 0) return t('time.today', { time })
  if (days === 1) return t('time.tomorrow', { time })
  if (days === -1) return t('time.yesterday', { time })
  const sameYear = formatted(at, { year: 'numeric' }) === formatted(now, { year: 'numeric' })
  const date = formatted(at, { ...(sameYear ? {} : { year: 'numeric' }), month: 'short', day: 'numeric' })
  return `${date} ${time}`
}

/** The day as one word, for the line between two days of a conversation. */
export function dayWord(at: string, now: number = Date.now()): string {
  return dayAndClock(at, now).replace(clock(at), '').trim()
}

export function sameDay(a: string, b: string): boolean {
  return dayNumber(new Date(a).getTime()) === dayNumber(new Date(b).getTime())
}

/** A length of time with its units. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60) return t('duration.seconds', { n: whole })
  const minutes = Math.floor(whole / 60)
  if (minutes < 60) return t('duration.minutes', { n: minutes })
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return t('duration.hours', { n: hours, m: minutes % 60 })
  return t('duration.days', { n: Math.floor(hours / 24) })
}

function formatted(at: string | number | Date, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(language.value, { timeZone: ZONE, ...options }).format(new Date(at))
}

/** Days since the epoch by the city's calendar; it has no daylight saving time. */
function dayNumber(at: number): number {
  return Math.floor((at + 8 * 3_600_000) / DAY)
}
