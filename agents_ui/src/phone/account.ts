/** When short-lived credentials are renewed, and how patiently after a failure. */

const SHARE = 0.7
const SOONEST = 20_000
/** A computer whose clock is wrong renews now and then all the same. */
const LATEST = 40 * 60_000
const FIRST_RETRY = 1000
/** A call that goes on is to be on the desk within five seconds of the server being back. */
const LONGEST_RETRY = 3000

/** Milliseconds until credentials that end at `expiresAt` are renewed: well before, whatever the clock says. */
export function renewIn(expiresAt: string, now: number): number {
  const left = Date.parse(expiresAt) - now
  return Math.min(LATEST, Math.max(SOONEST, Number.isFinite(left) ? left * SHARE : SOONEST))
}

/** Milliseconds to wait after so many failures in a row. */
export function retryIn(failures: number): number {
  return Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** Math.max(0, failures - 1))
}
