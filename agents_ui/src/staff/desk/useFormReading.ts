import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import { Problem, Unreachable } from '@/api/problem'
import { classify } from '@/api/suggestions'
import type { ClassifyView, FieldName } from '@/api/types'
import { isByHand } from './prefill'
import type { CaseForm } from './caseForm'
import type { Danger, Read, Suggested } from './reading'
import { readingOf, type Reading } from './useReading'

const ASK_AFTER = 800
const LEAST = 6
/** What the server calls the text in the evidence of its values. */
const FORM = 'form'

/** What is read out of what an agent writes down for a visitor: nothing of it is kept but the form. */
export function useFormReading(form: CaseForm): Reading {
  const read = shallowRef<ClassifyView | null>(null)
  const accepted = shallowRef<Partial<Record<FieldName, Suggested>>>({})
  const rejected = shallowRef<ReadonlySet<string>>(new Set())
  const keyOf = ({ field, value }: Pick<Suggested, 'field' | 'value'>): string => `${field} ${value}`
  const trouble = ref('')
  let turn = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  async function ask(): Promise<void> {
    turn += 1
    const mine = turn
    try {
      // A title that was read out of the text does not say it twice.
      const found = await classify(form.content, isByHand(form, 'title') ? form.title : '')
      if (mine === turn) read.value = found
    } catch (thrown) {
      // A form can be filled in by hand; the next change asks again.
      if (!(thrown instanceof Problem || thrown instanceof Unreachable)) throw thrown
    }
  }

  watch(
    () => [form.content, isByHand(form, 'title') ? form.title : ''] as const,
    ([content, title]) => {
      clearTimeout(timer)
      turn += 1
      if ((content + title).trim().length < LEAST) read.value = null
      else timer = setTimeout(() => void ask(), ASK_AFTER)
    },
    { immediate: true },
  )
  onScopeDispose(() => {
    clearTimeout(timer)
    turn += 1
  })

  const here = computed<Read>(() => {
    const { alarms = [], values = [], ...model } = read.value ?? {}
    const fields: Partial<Record<FieldName, Suggested>> = {}
    for (const value of values) {
      fields[value.field] = { ...value, state: rejected.value.has(keyOf(value)) ? 'rejected' : 'proposed' }
    }
    Object.assign(fields, accepted.value)
    const dangers = alarms.map(
      (alarm): Danger => ({
        ...alarm,
        id: `${FORM}-${form.key}-${alarm.rule}`,
        evidence: null,
        state: 'found',
        ...{ at: null, decided_by: null, decided_at: null, reason: null },
      }),
    )
    return { model: read.value ? (model as Read['model']) : null, alarms: dangers, fields, duplicates: [] }
  })
  return readingOf(here, () => read.value !== null, trouble, {
    async accept(field) {
      const one = here.value.fields[field]
      if (one) accepted.value = { ...accepted.value, [field]: { ...one, state: 'accepted' } }
    },
    async reject(field) {
      const one = here.value.fields[field]
      if (one) rejected.value = new Set([...rejected.value, keyOf(one)])
    },
    decide: null,
  })
}
