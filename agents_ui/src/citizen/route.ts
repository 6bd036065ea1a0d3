/** The four addresses of the citizen page. A router library would be larger than the page. */
import { nextTick, ref } from 'vue'

export type Place = 'home' | 'chat' | 'call' | 'track'

const PATHS: Readonly<Record<Place, string>> = {
  home: '/citizen',
  chat: '/citizen/chat',
  call: '/citizen/call',
  track: '/citizen/track',
}

export const place = ref<Place>(placeAt(location.pathname))

export function pathOf(wanted: Place): string {
  return PATHS[wanted]
}

export function placeAt(path: string): Place {
  const plain = path.replace(/\/+$/, '')
  const found = (Object.keys(PATHS) as Place[]).find((name) => PATHS[name] === plain)
  return found ?? 'home'
}

export async function go(wanted: Place): Promise<void> {
  if (wanted !== place.value) {
    history.pushState(null, '', PATHS[wanted])
    await show(wanted)
  }
}

/** Follows the browser's own back and forward. */
export function followHistory(): void {
  window.addEventListener('popstate', () => void show(placeAt(location.pathname)))
}

async function show(wanted: Place): Promise<void> {
  place.value = wanted
  await nextTick()
  window.scrollTo(0, 0)
  // A reader of screens hears where it is now.
  document.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true })
}
