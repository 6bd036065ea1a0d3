import { nextTick, watch, type Ref } from 'vue'
import type { Reading } from './useReading'

/** Bring the utterance that is asked for into view, among the lines in `box`. */
export function useSought(box: Readonly<Ref<HTMLElement | null>>, reading: () => Reading | null): void {
  watch(
    () => reading()?.sought,
    async (sought) => {
      if (!sought) return
      await nextTick()
      box.value?.querySelector(`[data-said="${CSS.escape(sought.id)}"]`)?.scrollIntoView({ block: 'center' })
    },
  )
}

/** Stay at the newest line as long as the newest line is in view. */
export function useNewest(box: Readonly<Ref<HTMLElement | null>>, lines: () => unknown): { toEnd: () => void } {
  const NEAR = 60
  function toEnd(): void {
    box.value?.scrollTo({ top: box.value.scrollHeight })
  }
  watch(lines, async () => {
    const at = box.value
    const wasAtEnd = at ? at.scrollHeight - at.scrollTop - at.clientHeight < NEAR : true
    await nextTick()
    if (wasAtEnd) toEnd()
  })
  return { toEnd }
}
