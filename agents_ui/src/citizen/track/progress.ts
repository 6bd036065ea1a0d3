/** A case in plain words: where it stands, what has happened, what comes last. */
import type { CitizenCase } from '../shapes'
import { t, textFor } from '../language'
import { dayAndClock } from '../times'

export type Standing = 'done' | 'waiting' | 'working' | 'yours' | 'late' | 'stopped'

export interface ShownStep {
  readonly key: string
  readonly text: string
  readonly at: string | null
  readonly kind: 'past' | 'now' | 'ahead'
}

const STANDING: Readonly<Record<string, Standing>> = {
  received: 'waiting',
  waiting_unit: 'waiting',
  with_unit: 'waiting',
  handling: 'working',
  checking: 'working',
  asking: 'yours',
  closed: 'done',
  merged: 'done',
  late: 'late',
  suspended: 'stopped',
  rejected: 'stopped',
  cancelled: 'stopped',
}

export function standingOf(one: CitizenCase): Standing {
  return STANDING[one.plain_state] ?? 'working'
}

/** Whether the case is finished for the citizen, in whatever way. */
export function isOver(one: CitizenCase): boolean {
  return one.closed_at !== null || ['closed', 'merged', 'rejected', 'cancelled'].includes(one.plain_state)
}

export function conclusion(one: CitizenCase): string {
  return textFor('plain', one.plain_state) ?? t('plain.handling')
}

/** When it is to be done, or was; null once the citizen no longer waits for that. */
export function dueWords(one: CitizenCase, now: number): string | null {
  if (one.closed_at) return t('track.closed_at', { time: dayAndClock(one.closed_at, now) })
  if (!one.due_at || isOver(one) || one.plain_state === 'asking' || one.plain_state === 'checking') return null
  const time = dayAndClock(one.due_at, now)
  return t(Date.parse(one.due_at) < now ? 'track.was_due' : 'track.due', { time })
}

/** The steps so far, the newest as the present one, and what the citizen will be asked at the end. */
export function shownSteps(one: CitizenCase): ShownStep[] {
  const known = one.steps.flatMap((step) => {
    const text = textFor('step', step.code)
    return text ? [{ ...step, text }] : []
  })
  const past = known.map((step, index): ShownStep => {
    const isNow = index === known.length - 1 && !isOver(one)
    return { key: `${step.at}${step.code}`, text: step.text, at: step.at, kind: isNow ? 'now' : 'past' }
  })
  if (isOver(one) || one.plain_state === 'asking') return past
  return [...past, { key: 'ahead', text: t('step.next_rate'), at: null, kind: 'ahead' }]
}
