import type { ActionView } from '@/api/types'

/** Steps that come soon, by the case's state: they are shown grey, with what they wait for. */
const SOON: Record<string, readonly string[]> = {
  registered: ['dispatch'],
  dispatched: ['send_check', 'pass', 'start_work', 'report'],
  handling: ['send_check', 'pass', 'report'],
}

/**
 * The buttons of the case page, what can be done first. Left out: what the person may never do, what the state has
 * long left behind or not yet in sight, and closing, which is done by recording the survey.
 */
export function offered(actions: readonly ActionView[], state: string): ActionView[] {
  const mine = actions.filter((one) => one.reason !== 'not_permitted' && one.action !== 'close')
  const grey = mine.filter((one) => !one.allowed && (one.reason !== 'wrong_state' || SOON[state]?.includes(one.action)))
  return [...mine.filter((one) => one.allowed), ...grey]
}
