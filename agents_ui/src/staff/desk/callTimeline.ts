import type { CallView, MessageView } from '@/api/types'

export type CallStep = 'arrived' | 'dialled' | 'waiting' | 'ringing' | 'answered' | 'after' | 'ended'

export type TimelineRow =
  | { key: string; at: string; step: CallStep }
  | { key: string; at: string; note: MessageView }

/** What happened in a call and what was noted about it, in order. */
export function callTimeline(call: CallView | null, notes: readonly MessageView[]): TimelineRow[] {
  const steps: TimelineRow[] = []
  const add = (step: CallStep, at: string | null): void => {
    if (at) steps.push({ key: step, at, step })
  }
  if (call) {
    add(call.direction === 'outbound' ? 'dialled' : 'arrived', call.arrived_at)
    if (call.direction === 'inbound') add('waiting', call.waiting_since)
    add('ringing', call.ringing_at)
    add('answered', call.answered_at)
    add('ended', call.ended_at)
  }
  const rows = [...steps, ...notes.map((note): TimelineRow => ({ key: note.id, at: note.at, note }))]
  // Of the same moment, what was put in first stays first.
  return rows.sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
}
