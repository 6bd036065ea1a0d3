/** One assignment of the unit with its whole case: what may be done with it, and doing it. */
import { computed, ref, watch, type ComputedRef, type Ref } from 'vue'
import { api, reply } from '@/api/client'
import { Problem } from '@/api/problem'
import type { ActionView, AssignmentView, CaseView, UnitAssignmentView } from '@/api/types'

export type UnitAction = 'sign' | 'start_work' | 'request_return' | 'report'

export interface OpenAssignment {
  view: Ref<CaseView | null>
  mine: ComputedRef<AssignmentView | null>
  failure: Ref<unknown>
  /** The case changed under the eyes of whoever reads it. */
  hasChanged: Ref<boolean>
  action: (name: UnitAction) => ActionView | null
  act: (name: UnitAction, payload: Record<string, unknown>) => Promise<void>
  load: () => Promise<void>
}

export function useAssignment(line: () => UnitAssignmentView | null): OpenAssignment {
  const view = ref<CaseView | null>(null)
  const failure = ref<unknown>(null)
  const hasChanged = ref(false)
  const mine = computed(() => view.value?.assignments.find((one) => one.id === line()?.assignment_id) ?? null)

  async function load(): Promise<void> {
    const wanted = line()
    if (!wanted) return
    try {
      const found = await fetchCase(wanted.case.case_no)
      if (line()?.case.case_no !== found.case_no) return
      view.value = found
      failure.value = null
    } catch (thrown) {
      failure.value = thrown
    }
  }

  function action(name: UnitAction): ActionView | null {
    const wanted = line()?.assignment_id
    const found = view.value?.actions ?? []
    return found.find((one) => one.action === name && (!one.assignment_id || one.assignment_id === wanted)) ?? null
  }

  async function act(name: UnitAction, payload: Record<string, unknown>): Promise<void> {
    const wanted = line()
    if (!wanted || !view.value) return
    try {
      view.value = await actOn(wanted, view.value.version, name, payload)
      hasChanged.value = false
    } catch (thrown) {
      if (isStale(thrown)) {
        await load()
        hasChanged.value = true
      }
      throw thrown
    }
  }

  watch(
    () => line()?.assignment_id,
    () => {
      view.value = null
      failure.value = null
      hasChanged.value = false
      void load()
    },
    { immediate: true },
  )
  // Somebody else acted on it: show what is true now.
  watch(
    () => line()?.case.version,
    (now) => {
      if (now !== undefined && view.value && view.value.version < now) void load()
    },
  )
  return { view, mine, failure, hasChanged, action, act, load }
}

/** One step on the assignment, as the page showed it. */
export async function actOn(
  line: UnitAssignmentView,
  version: number,
  action: UnitAction,
  payload: Record<string, unknown>,
): Promise<CaseView> {
  const path = { case_no: line.case.case_no, action }
  const body = { version, payload: { ...payload, assignment_id: line.assignment_id } }
  return await reply(api.POST('/api/cases/{case_no}/actions/{action}', { params: { path }, body }))
}

export function isStale(thrown: unknown): boolean {
  return thrown instanceof Problem && thrown.status === 409 && thrown.code === 'changed_meanwhile'
}

async function fetchCase(caseNo: string): Promise<CaseView> {
  return await reply(api.GET('/api/cases/{case_no}', { params: { path: { case_no: caseNo } } }))
}
