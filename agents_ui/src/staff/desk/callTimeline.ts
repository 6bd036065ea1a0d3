import type { CallView, CaptionView, MessageView } from '@/api/types'

export type CallStep = 'arrived' | 'dialled' | 'waiting' | 'ringing' | 'answered' | 'again' | 'after' | 'ended'

export type TimelineRow =
  | { key: string; at: string; step: CallStep }
  | { key: string; at: string; note: MessageView }
  | { key: string; at: string; said: CaptionView }

/** The exchange's clock and ours may differ by a moment: nobody waits before having arrived. */
function later(at: string | null, than: string): string | null {
  return at && Date.parse(at) < Date.parse(than) ? than : at
}

/** When somebody began to say it; `at` is when it was said to the end. */
export function saidAt({ at, start_s: start, end_s: end }: Pick<CaptionView, 'at' | 'start_s' | 'end_s'>): string {
  return new Date(Date.parse(at) - Math.max(0, end - start) * 1000).toISOString()
}

/** What happened in a call, what was said in it and what was noted about it, in order. */
export function callTimeline(
  call: CallView | null,
  notes: readonly MessageView[],
  said: readonly CaptionView[] = [],
): TimelineRow[] {
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
  const rows = [
    ...steps,
    ...said.map((one): TimelineRow => ({ key: one.id, at: saidAt(one), said: one })),
    ...notes.map((note): TimelineRow => ({ key: note.id, at: note.at, note })),
  ]
  // Of the same moment, what was put in first stays first.
  return rows.sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
}
