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

/** Words of one side of a call; a guess (not `final`) is replaced by what comes under the same id. */
export interface CaptionView {
  id: string
  leg: 'citizen' | 'agent'
  number: number
  /** Seconds since they began to talk. */
  start_s: number
  end_s: number
  text: string
  /** From 0 to 1; null when the engine tells none. */
  confidence: number | null
  final: boolean
  at: string
}

/** How the engine is doing that writes calls along; `code` says what is wrong. */
export interface EngineView {
  state: 'off' | 'starting' | 'ready' | 'missing_model' | 'restarting' | 'dead'
  code: string
  engine: string
  model: string
}
