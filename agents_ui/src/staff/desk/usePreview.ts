import { onScopeDispose, ref, watch, type Ref } from 'vue'
import { api, reply } from '@/api/client'
import type { PreviewBody, PreviewView } from '@/api/types'

export type PreviewWanted = PreviewBody

const ASK_AFTER = 200
/** Deadlines count from the dispatch, so they move while the agent is still writing. */
const AGAIN_AFTER = 30_000

/** Unit and deadlines as they would be if the case were dispatched now; null while nothing can be said. */
export function usePreview(
  wanted: () => PreviewWanted | null,
  onTrouble: (thrown: unknown) => void,
): { preview: Ref<PreviewView | null>; isOld: Ref<boolean> } {
  const preview = ref<PreviewView | null>(null)
  const isOld = ref(false)
  let turn = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  async function ask(body: PreviewWanted): Promise<void> {
    turn += 1
    const mine = turn
    try {
      const found = await reply(api.POST('/api/cases/preview', { body }))
      if (mine !== turn) return
      preview.value = found
      isOld.value = false
      timer = setTimeout(() => void ask(body), AGAIN_AFTER)
    } catch (thrown) {
      if (mine !== turn) return
      timer = setTimeout(() => void ask(body), AGAIN_AFTER)
      onTrouble(thrown)
    }
  }

  watch(
    () => JSON.stringify(wanted()),
    () => {
      clearTimeout(timer)
      turn += 1
      const body = wanted()
      if (!body) {
        preview.value = null
        return
      }
      isOld.value = true
      timer = setTimeout(() => void ask(body), ASK_AFTER)
    },
    { immediate: true },
  )
  onScopeDispose(() => {
    clearTimeout(timer)
    turn += 1
  })
  return { preview, isOld }
}
