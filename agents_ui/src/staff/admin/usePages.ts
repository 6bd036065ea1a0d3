/** A list that the server gives page by page. */
import { computed, ref, shallowRef, type ComputedRef, type Ref } from 'vue'

export interface Page<T> {
  items: T[]
  next: string | null
}

export interface Pages<T> {
  items: Ref<readonly T[]>
  /** False until the first answer: then an empty list means that there is nothing. */
  loaded: Ref<boolean>
  failure: Ref<unknown>
  isBusy: Ref<boolean>
  hasMore: ComputedRef<boolean>
  /** Begins anew; an answer to an older question is dropped. */
  reload: () => Promise<void>
  more: () => Promise<void>
}

export function usePages<T>(fetchPage: (cursor: string | null) => Promise<Page<T>>): Pages<T> {
  const items = shallowRef<readonly T[]>([])
  const next = ref<string | null>(null)
  const loaded = ref(false)
  const failure = ref<unknown>(null)
  const isBusy = ref(false)
  let question = 0

  async function ask(cursor: string | null): Promise<void> {
    question += 1
    const mine = question
    isBusy.value = true
    try {
      const page = await fetchPage(cursor)
      if (mine !== question) return
      items.value = cursor === null ? page.items : [...items.value, ...page.items]
      next.value = page.next
      loaded.value = true
      failure.value = null
    } catch (thrown) {
      if (mine === question) failure.value = thrown
    } finally {
      if (mine === question) isBusy.value = false
    }
  }

  return {
    items,
    loaded,
    failure,
    isBusy,
    hasMore: computed(() => next.value !== null),
    reload: () => ask(null),
    more: async () => {
      if (next.value !== null && !isBusy.value) await ask(next.value)
    },
  }
}
