/** What the citizen's page and the server say to each other. */

export type ConversationState = 'none' | 'waiting' | 'serving' | 'closed'

export interface Message {
  readonly id: string
  readonly seq: number
  readonly author: 'citizen' | 'agent' | 'system'
  readonly author_name: string | null
  readonly kind: 'text' | 'notice' | 'survey' | 'event'
  readonly text: string
  readonly payload: Readonly<Record<string, unknown>> | null
  readonly at: string
  /** The id that the sender's page made for it. */
  readonly client_id?: string | null
}

export interface QueueStanding {
  readonly state: ConversationState
  /** 1 is next; null when not in the queue. */
  readonly position: number | null
  readonly waiting_since: string | null
  readonly agent_name: string | null
}

export interface Conversation extends QueueStanding {
  readonly messages: readonly Message[]
}

export interface Receipt {
  readonly conversation_id: string
  readonly message_id: string
  readonly repeated: boolean
}

export interface CitizenSession {
  readonly visitor: string
  readonly csrf: string
}

export interface CaseStep {
  readonly at: string
  readonly code: string
}

export interface CitizenCase {
  readonly case_no: string
  readonly title: string
  readonly plain_state: string
  readonly unit_name: string | null
  readonly registered_at: string
  readonly due_at: string | null
  readonly closed_at: string | null
  readonly steps: readonly CaseStep[]
}

export interface SurveyAnswer {
  readonly visited: 'yes' | 'no'
  readonly solved: 'yes' | 'partly' | 'no'
  readonly labour_fee: boolean
  readonly score: 1 | 2 | 3 | 4 | 5
  readonly remark: string
}
