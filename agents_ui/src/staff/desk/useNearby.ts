import { onScopeDispose, ref, watch, type Ref } from 'vue'
import { Problem, Unreachable } from '@/api/problem'
import { nearby } from '@/api/suggestions'
import type { DuplicateView } from '@/api/types'
import type { CaseForm } from './caseForm'

const ASK_AFTER = 600

/** Open cases that may be what the form tells; null as long as it tells too little. */
export function useNearby(form: CaseForm): Ref<readonly DuplicateView[] | null> {
  const found = ref<readonly DuplicateView[] | null>(null)
  let turn = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  async function ask(): Promise<void> {
    turn += 1
    const mine = turn
    try {
      const near = await nearby(form)
      if (mine === turn) found.value = near
    } catch (thrown) {
      // The form works without; what was found before stays.
      if (!(thrown instanceof Problem || thrown instanceof Unreachable)) throw thrown
    }
  }

  watch(
    () => [form.category_code, form.address, form.title, form.content] as const,
    ([category, address, title, content]) => {
      clearTimeout(timer)
      turn += 1
      if (!category || !(address || title || content)) found.value = null
      else timer = setTimeout(() => void ask(), ASK_AFTER)
    },
    { immediate: true },
  )
  onScopeDispose(() => {
    clearTimeout(timer)
    turn += 1
  })
  return found
}
