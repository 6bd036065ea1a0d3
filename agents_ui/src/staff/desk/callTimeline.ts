import type { CallView, MessageView } from '@/api/types'

export type CallStep = 'arrived' | 'dialled' | 'waiting' | 'ringing' | 'answered' | 'again' | 'after' | 'ended'

export type TimelineRow =
  | { key: string; at: string; step: CallStep }
  | { key: string; at: string; note: MessageView }

/** The exchange's clock and ours may differ by a moment: nobody waits before having arrived. */
function later(at: string | null, than: string): string | null {
  return at && Date.parse(at) < Date.parse(than) ? than : at
}

/** What happened in a call and what was noted about it, in order. */
export function callTimeline(call: CallView | null, notes: readonly MessageView[]): TimelineRow[] {
  const steps: TimelineRow[] = []
  const add = (step: CallStep, at: string | null): void => {
    if (at) steps.push({ key: `${step} ${at}`, at, step })
  }
  if (call) {
    add(call.direction === 'outbound' ? 'dialled' : 'arrived', call.arrived_at)
    if (call.direction === 'inbound') add('waiting', later(call.waiting_since, call.arrived_at))
    const { answered_at: answered } = call
    // After an answer it rings again because the agent's page was gone for a moment.
    for (const { rung_at: at } of call.offers)
      add(answered && Date.parse(at) > Date.parse(answered) ? 'again' : 'ringing', at)
    add('answered', call.answered_at)
    add('ended', call.ended_at)
  }
  const rows = [...steps, ...notes.map((note): TimelineRow => ({ key: note.id, at: note.at, note }))]
  // Of the same moment, what was put in first stays first.
  return rows.sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
}
