import { computed, reactive, ref, watch, type ComputedRef, type Ref } from 'vue'
import type { FieldName } from '@/api/types'
import type { CaseForm } from './caseForm'
import type { DraftState } from './draft'
import { fill, isByHand, stands, toFill, undecided } from './prefill'
import { isDoubtful, isOpen, type Suggested } from './reading'
import type { Reading } from './useReading'

/** How a field stands that something is suggested for. */
export interface Help {
  suggested: Suggested
  /** The number of its evidence in what was said. */
  number: number | null
  doubtful: boolean
  /** The suggested value is what the form has. */
  isIn: boolean
}

export interface FormHelp {
  of: Partial<Record<FieldName, Help>>
  /** The field that the keys decide on, and whose evidence is shown. */
  current: FieldName | null
  undecided: readonly FieldName[]
  /** An alarm is open: the case is an emergency. */
  isDanger: boolean
  point: (field: FieldName) => void
  seek: (field: FieldName) => void
  accept: () => Promise<void>
  reject: () => Promise<void>
}

/**
 * Fills the form from what is read, as long as nobody wrote there and no case was made of it (`isUsed`), and tells
 * where each value comes from.
 */
export function useFormHelp(
  form: CaseForm,
  reading: () => Reading | null,
  state: Ref<DraftState>,
  isUsed: () => boolean,
  write: (change: (form: CaseForm) => void) => void,
  /** The danger has its case already: this one may be about something else. */
  isDangerFiled: () => boolean,
): FormHelp {
  const fields = computed(() => (isUsed() ? {} : (reading()?.fields ?? {})))
  watch(
    [fields, state, () => form.category_code, () => form.by_hand] as const,
    () => {
      if (state.value === 'loading' || isUsed()) return
      const changes = toFill(form, fields.value)
      if (Object.keys(changes).length > 0) write(() => fill(form, changes))
    },
    { immediate: true },
  )

  const helps: ComputedRef<Partial<Record<FieldName, Help>>> = computed(() => {
    const found: Partial<Record<FieldName, Help>> = {}
    for (const suggested of Object.values(fields.value)) {
      const { field, evidence, value } = suggested
      if (!stands(form, suggested)) continue
      const isIn = field === 'unit_id' ? form.unit_id === null : form[field] === value
      // What a person wrote is nobody's suggestion.
      if (!isIn && isByHand(form, field)) continue
      const number = evidence ? (reading()?.numberOf(evidence) ?? null) : null
      found[field] = { suggested, number, doubtful: isDoubtful(suggested), isIn }
    }
    return found
  })
  const open = computed(() => undecided(form, fields.value))
  const pointed = computed(() => reading()?.pointed ?? null)
  const current = computed(() => {
    const wanted = pointed.value
    return wanted && helps.value[wanted] ? wanted : (open.value[0] ?? null)
  })
  const isBusy = ref(false)

  function point(field: FieldName): void {
    const read = reading()
    if (read) read.pointed = field
  }

  async function decide(how: 'accept' | 'reject'): Promise<void> {
    const field = current.value
    const read = reading()
    if (!read || !field || isBusy.value || !open.value.includes(field)) return
    isBusy.value = true
    try {
      await read[how](field)
    } finally {
      isBusy.value = false
    }
    // On to the next that is not decided.
    if (read.pointed === field) read.pointed = null
  }

  const parts = {
    of: helps,
    current,
    undecided: open,
    isDanger: computed(() => !isDangerFiled() && (reading()?.alarms ?? []).some(isOpen)),
    point,
    seek(field: FieldName) {
      point(field)
      reading()?.seek(helps.value[field]?.suggested.evidence ?? null)
    },
    accept: () => decide('accept'),
    reject: () => decide('reject'),
  }
  return reactive(parts) as FormHelp
}

