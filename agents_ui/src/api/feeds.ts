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
