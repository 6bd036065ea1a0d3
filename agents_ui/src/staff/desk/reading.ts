import type { DangerAlarmView, DuplicateView, FieldName, ModelView, SuggestionView, FoundView } from '@/api/types'
import type { Entity } from '@/live/changes'

/** A value for a field, with what a person said to it; kept by the server only for a conversation. */
export type Suggested = Pick<
  SuggestionView,
  'field' | 'value' | 'label' | 'confidence' | 'needs_human' | 'evidence' | 'reason' | 'state'
>

/** Danger that was found. In the form of a visitor there is nothing to confirm: the agent sees the danger. */
export interface Danger extends Omit<FoundView, 'field' | 'start' | 'end'> {
  id: string
  evidence: DangerAlarmView['evidence'] | null
  state: DangerAlarmView['state'] | 'found'
  at: string | null
  decided_by: string | null
  decided_at: string | null
  reason: string | null
}

/** What was read out of what a citizen says. */
export interface Read {
  model: ModelView | null
  alarms: readonly Danger[]
  fields: Partial<Record<FieldName, Suggested>>
  duplicates: readonly DuplicateView[]
}

/** Below this, what was filled in is marked as doubtful: a place that is in no list is at 0.6. */
export const SURE = 0.7

export function isDoubtful(suggested: Pick<Suggested, 'confidence' | 'needs_human' | 'state'>): boolean {
  return suggested.state !== 'accepted' && (suggested.needs_human || suggested.confidence < SURE)
}

/** An alarm that nobody cancelled: while there is one, the case is an emergency. */
export const isOpen = (alarm: Danger): boolean => alarm.state !== 'cancelled'

export interface ReadHere extends Read {
  /** The rows as the server has them, for deciding on them. */
  rows: { alarms: readonly DangerAlarmView[]; fields: Partial<Record<FieldName, SuggestionView>> }
}

/** The entities of the live view `suggestions`, sorted out. */
export function sortOut(entities: readonly Entity[]): ReadHere {
  const alarms: DangerAlarmView[] = []
  const fields: Partial<Record<FieldName, SuggestionView>> = {}
  let model: ModelView | null = null
  let duplicates: readonly DuplicateView[] = []
  for (const { id, data } of entities) {
    const name = id.slice(id.indexOf('/') + 1)
    if (id === 'classifier') model = data as ModelView
    else if (name.startsWith('alarm:')) alarms.push(data as DangerAlarmView)
    else if (name.startsWith('field:')) fields[name.slice(6) as FieldName] = data as SuggestionView
    else if (name === 'duplicates') ({ duplicates } = data as { duplicates: DuplicateView[] })
  }
  // What nobody has decided on comes first, then the older one.
  const open = (alarm: DangerAlarmView): number => ['raised', 'confirmed', 'cancelled'].indexOf(alarm.state)
  alarms.sort((a, b) => open(a) - open(b) || a.at.localeCompare(b.at))
  return { model, alarms, fields, duplicates, rows: { alarms, fields } }
}
