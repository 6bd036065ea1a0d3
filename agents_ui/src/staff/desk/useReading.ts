import { computed, reactive, ref, watch, type ComputedRef } from 'vue'
import { acceptSuggestion, cancelAlarm, confirmAlarm, rejectSuggestion } from '@/api/suggestions'
import type { EvidenceView, FieldName } from '@/api/types'
import { useLiveView } from '@/live/live'
import { useTrouble } from '../trouble'
import { marksBySource, Numbers, type Basis, type Mark } from './evidence'
import { isDoubtful, isOpen, sortOut, type Read } from './reading'

/** What was read out of what a citizen says, and what a person does about it. */
export interface Reading extends Read {
  /** Whether anything was heard of the server's reading yet. */
  loaded: boolean
  /** The numbered places in each utterance, by its id. */
  marks: ReadonlyMap<string, readonly Mark[]>
  numberOf: (evidence: EvidenceView) => number
  /** The field whose evidence a person looks at. */
  pointed: FieldName | null
  /** The utterance to be shown; `turn` grows when it is asked for again. */
  sought: { id: string; turn: number } | null
  seek: (evidence: EvidenceView | null) => void
  trouble: string
  accept: (field: FieldName) => Promise<void>
  reject: (field: FieldName) => Promise<void>
  /** Confirm or cancel an alarm; null where there is no one to decide for, as with a visitor. */
  decide: ((alarmId: string, cancelledBecause: string | null) => Promise<boolean>) | null
}

type Decisions = Pick<Reading, 'accept' | 'reject' | 'decide'>

/** The parts that every reading has: numbers for the evidence, and what a person looks at. */
export function readingOf(
  read: ComputedRef<Read>,
  loaded: () => boolean,
  trouble: { value: string },
  decisions: Decisions,
): Reading {
  const numbers = new Numbers()
  const pointed = ref<FieldName | null>(null)
  const sought = ref<Reading['sought']>(null)
  const marks = computed(() => marksBySource(basesOf(read.value), numbers))
  const parts = {
    model: computed(() => read.value.model),
    alarms: computed(() => read.value.alarms),
    fields: computed(() => read.value.fields),
    duplicates: computed(() => read.value.duplicates),
    loaded: computed(loaded),
    marks,
    numberOf: (evidence: EvidenceView) => numbers.of(evidence),
    pointed,
    sought,
    seek(evidence: EvidenceView | null) {
      if (evidence) sought.value = { id: evidence.id, turn: (sought.value?.turn ?? 0) + 1 }
    },
    trouble: computed(() => trouble.value),
    ...decisions,
  }
  return reactive(parts) as Reading
}

function basesOf({ alarms, fields }: Read): Basis[] {
  const found: Basis[] = []
  for (const alarm of alarms) {
    if (alarm.evidence && isOpen(alarm)) found.push({ evidence: alarm.evidence, kind: 'alarm', field: null, doubtful: false })
  }
  for (const suggested of Object.values(fields)) {
    const { evidence, field, state } = suggested
    if (!evidence || state === 'rejected') continue
    const doubtful = isDoubtful(suggested)
    found.push({ evidence, kind: 'field', field, doubtful })
  }
  return found
}

/** What the server reads out of the conversation `id`, live. */
export function useReading(id: () => string | null): Reading {
  const { told } = useTrouble()
  const live = useLiveView<unknown>('suggestions', id, () => id() !== null)
  const here = computed(() => sortOut(live.entities.value))
  const trouble = ref('')

  async function attempt(what: () => Promise<unknown>): Promise<boolean> {
    trouble.value = ''
    try {
      await what()
      return true
    } catch (thrown) {
      trouble.value = told(thrown)
      return false
    }
  }

  async function decideOn(field: FieldName, how: typeof acceptSuggestion): Promise<void> {
    const row = here.value.rows.fields[field]
    if (row?.state === 'proposed') await attempt(() => how(row))
  }

  const reading = readingOf(
    here,
    () => live.loaded.value,
    trouble,
    {
      accept: (field) => decideOn(field, acceptSuggestion),
      reject: (field) => decideOn(field, rejectSuggestion),
      async decide(alarmId, cancelledBecause) {
        const row = here.value.rows.alarms.find((alarm) => alarm.id === alarmId)
        if (!row) return false
        return attempt(() => (cancelledBecause === null ? confirmAlarm(row) : cancelAlarm(row, cancelledBecause)))
      },
    },
  )
  watch(id, () => {
    reading.pointed = null
    reading.sought = null
    trouble.value = ''
  })
  return reading
}
