/** Times of the city, whatever the clock of the computer says: UTC in data, +08:00 on the page. */
const CITY = 'Asia/Shanghai'

const parts = new Intl.DateTimeFormat('en-GB', {
  timeZone: CITY,
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})

type Part = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second'

function read(at: string | number | Date): Record<Part, string> {
  const found = { year: '', month: '', day: '', hour: '', minute: '', second: '' }
  for (const { type, value } of parts.formatToParts(new Date(at))) {
    if (type in found) found[type as Part] = value
  }
  return found
}

/** 14:02 */
export function clockTime(at: string | number | Date): string {
  const { hour, minute } = read(at)
  return `${hour}:${minute}`
}

/** 14:02:41 */
export function clockSeconds(at: string | number | Date): string {
  return `${clockTime(at)}:${read(at).second}`
}

/** 2026-11-22, the day in the city. */
export function cityDay(at: string | number | Date): string {
  const { year, month, day } = read(at)
  return `${year}-${month}-${day}`
}

/** 14:02 today, 11-22 14:02 on another day, with the year when it is another one. */
export function dayTime(at: string | number | Date, now: number = Date.now()): string {
  const there = cityDay(at)
  const here = cityDay(now)
  if (there === here) return clockTime(at)
  const day = there.slice(0, 4) === here.slice(0, 4) ? there.slice(5) : there
  return `${day} ${clockTime(at)}`
}

/** 02:41 or 1:02:41, for a timer that runs on its own. */
export function timer(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const two = (n: number): string => String(n).padStart(2, '0')
  const hours = Math.floor(whole / 3600)
  const rest = `${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`
  return hours > 0 ? `${hours}:${rest}` : rest
}
