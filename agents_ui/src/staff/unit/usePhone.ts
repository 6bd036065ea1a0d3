import { onScopeDispose, readonly, ref, type Ref } from 'vue'

const NARROW = '(max-width: 760px)'

/** Whether the page is as narrow as a phone; the style sheets break at the same width. */
export function usePhone(): Readonly<Ref<boolean>> {
  const query = matchMedia(NARROW)
  const isPhone = ref(query.matches)
  const look = (): void => {
    isPhone.value = query.matches
  }
  query.addEventListener('change', look)
  onScopeDispose(() => query.removeEventListener('change', look))
  return readonly(isPhone)
}
