/** The visitor's own cases, kept current while a page is open. */
import { computed, ref, shallowRef } from 'vue'
import type { CitizenCase } from './shapes'
import { follow } from './follow'
import { knownVisitor, loadCases } from './requests'
import { isTrouble, type Trouble } from './trouble'

export const cases = shallowRef<readonly CitizenCase[]>([])
export const casesProblem = ref<Trouble | null>(null)
export const openCases = computed(() => cases.value.filter((one) => one.closed_at === null))
let following = false

export async function fetchCases(): Promise<void> {
  try {
    if (!(await knownVisitor())) return
    cases.value = newestFirst(await loadCases())
    casesProblem.value = null
    if (following) return
    following = true
    follow<CitizenCase>('citizen.cases', (found) => {
      cases.value = newestFirst(found)
    })
  } catch (error) {
    if (!isTrouble(error)) throw error
    casesProblem.value = error
  }
}

function newestFirst(found: readonly CitizenCase[]): CitizenCase[] {
  return [...found].sort((a, b) => b.registered_at.localeCompare(a.registered_at))
}
