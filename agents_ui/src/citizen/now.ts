import { onScopeDispose, ref, type Ref } from 'vue'

/** The time in ms, renewed every few seconds for as long as the component lives. */
export function useNow(every = 10_000): Readonly<Ref<number>> {
  const now = ref(Date.now())
  const timer = setInterval(() => (now.value = Date.now()), every)
  onScopeDispose(() => clearInterval(timer))
  return now
}
