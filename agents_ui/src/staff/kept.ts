import { ref, watch, type Ref } from 'vue'

/** A value that survives a reload of this tab, and nothing more. */
export function useKept(name: string): Ref<string | null> {
  const key = `hotline.${name}`
  const kept = ref(sessionStorage.getItem(key))
  watch(kept, (now) => (now === null ? sessionStorage.removeItem(key) : sessionStorage.setItem(key, now)))
  return kept
}
