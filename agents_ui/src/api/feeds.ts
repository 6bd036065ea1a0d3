import type { components } from './generated'

/** Entities of live feeds that no request returns. */
export interface DeskItem extends Omit<components['schemas']['QueueItemView'], 'state'> {
  state: string
  kind: 'offer' | 'conversation' | 'call'
  /** Whose turn it is. */
  last_author: 'citizen' | 'agent' | 'system' | null
  last_seq: number
  last_at: string | null
}

/** The recording of a call. */
export interface RecordingRef {
  id: string
  version: number
  state: 'expected' | 'ready' | 'missing'
  seconds: number | null
}

/** A call. Number and contact are masked until the agent has taken it; null when withheld. */
export interface CallView {
  id: string
  version: number
  conversation_id: string
  direction: string
  state: string
  number: string | null
  /** What was dialled; "web" for the phone on the citizen page. */
  called: string
  arrived_at: string
  waiting_since: string | null
  ringing_at: string | null
  answered_at: string | null
  ended_at: string | null
  result: 'answered' | 'missed' | 'interrupted' | 'unreached' | null
  recording: RecordingRef | null
}

/** A call as its agent's desk shows it. `possible`: others who are known by the same number. */
export interface CallPop extends CallView {
  contact: components['schemas']['ContactView']
  possible: components['schemas']['ContactView'][]
  earlier: CallView[]
  history: components['schemas']['HistoryView']
}
