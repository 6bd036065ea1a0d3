import { onScopeDispose, ref, watch, type Ref } from 'vue'
import { Problem, Unreachable } from '@/api/problem'
import { findArticles } from '@/api/knowledge'
import type { ArticleView } from '@/api/types'

const ASK_AFTER = 250
const MOST = 8

/** Articles for what is searched, else for the category; null while there is neither. */
export function useArticles(
  words: () => string,
  category: () => string | null,
  onTrouble: (thrown: unknown) => void,
): Ref<readonly ArticleView[] | null> {
  const found = ref<readonly ArticleView[] | null>(null)
  let turn = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  async function ask(): Promise<void> {
    turn += 1
    const mine = turn
    const q = words().trim()
    try {
      // Who searches looks for the words, whatever the case is about.
      let items = await findArticles(q, q ? null : category(), MOST)
      if (!q && category() && items.length === 0) items = await findArticles('', category()!.slice(0, 2), MOST)
      if (mine === turn) found.value = items
    } catch (thrown) {
      if (mine !== turn) return
      if (!(thrown instanceof Problem || thrown instanceof Unreachable)) throw thrown
      onTrouble(thrown)
    }
  }

  watch(
    [words, category],
    () => {
      clearTimeout(timer)
      turn += 1
      if (!words().trim() && !category()) found.value = null
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
