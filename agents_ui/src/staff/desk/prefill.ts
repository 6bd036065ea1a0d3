import type { FieldName, GuessView } from '@/api/types'
import type { CaseForm } from './caseForm'
import type { Suggested } from './reading'

/** The fields that are filled in; a suggested unit is shown beside the others and written only when it is chosen. */
export const FILLED = ['title', 'request_type', 'category_code', 'address', 'urgency'] as const
export type Filled = (typeof FILLED)[number]
export const isFilled = (field: FieldName): field is Filled => (FILLED as readonly string[]).includes(field)

const NOTHING: Pick<CaseForm, Filled> = {
  title: '',
  request_type: 'help',
  category_code: null,
  address: '',
  urgency: null,
}

type Suggestions = Partial<Record<FieldName, Suggested>>

/** Whether a person wrote in the field: then nothing else does. */
export function isByHand(form: CaseForm, field: FieldName): boolean {
  if (field === 'unit_id') return form.unit_id !== null
  return form.by_hand.includes(field) || (form.filled[field] === undefined && form[field] !== NOTHING[field])
}

/**
 * Whether a suggestion holds for this form: it was not rejected, and what follows from a category follows only
 * while the form has that category. What nobody should rely on (`needs_human`) waits for a person.
 */
export function stands(form: Pick<CaseForm, 'category_code'>, suggested: Suggested | undefined): suggested is Suggested {
  if (!suggested || suggested.state === 'rejected') return false
  const { kind, category } = suggested.reason
  return kind !== 'category' || category === form.category_code
}

/**
 * What is to be written into the form now, by field. What a person wrote stays; what a suggestion wrote goes when
 * the suggestion goes.
 */
export function toFill(form: CaseForm, suggestions: Suggestions): Partial<Record<Filled, string | null>> {
  const found: Partial<Record<Filled, string | null>> = {}
  const after = { category_code: form.category_code }
  // The category first: what follows from it depends on it.
  for (const field of ['category_code', 'title', 'request_type', 'address', 'urgency'] as const) {
    if (isByHand(form, field)) continue
    const suggested = suggestions[field]
    const holds = stands(after, suggested) && (suggested.state === 'accepted' || !suggested.needs_human)
    const wanted = holds ? suggested.value : undefined
    if (wanted !== form.filled[field]) found[field] = wanted ?? null
    if (field === 'category_code') after.category_code = wanted ?? null
  }
  return found
}

/** Write `changes` (of `toFill`) into the form. */
export function fill(form: CaseForm, changes: Partial<Record<Filled, string | null>>): void {
  const values = form as unknown as Record<Filled, string | null>
  const filled = { ...form.filled }
  for (const [name, value] of Object.entries(changes) as [Filled, string | null][]) {
    values[name] = value ?? NOTHING[name]
    if (value === null) delete filled[name]
    else filled[name] = value
  }
  form.filled = filled
}

/** The fields that a person changed from `before` to `form`. */
export function changedByHand(before: CaseForm, form: CaseForm): string[] {
  return FILLED.filter((field) => before[field] !== form[field])
}

/** The likeliest categories from which a person may choose, when none is sure. */
export function guesses(suggested: Suggested | undefined): readonly GuessView[] {
  return suggested?.needs_human && suggested.state === 'proposed' ? suggested.reason.top : []
}

/** The order in which suggestions are looked through: the form's. */
const ORDER: readonly FieldName[] = ['title', 'request_type', 'category_code', 'address', 'urgency', 'unit_id']

/**
 * The fields with a suggestion that a person may still decide on, in the form's order: not those that a person
 * wrote in, and not the urgency of an alarm, which is decided with the alarm.
 */
export function undecided(form: CaseForm, suggestions: Suggestions): FieldName[] {
  return ORDER.filter((field) => {
    const suggested = suggestions[field]
    if (!stands(form, suggested) || suggested.state !== 'proposed') return false
    return !isByHand(form, field) && suggested.reason.kind !== 'emergency'
  })
}
