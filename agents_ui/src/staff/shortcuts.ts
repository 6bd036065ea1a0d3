import { onMounted, onUnmounted } from 'vue'

/** The parts of a keyboard event that decide what it means. */
export type KeyPress = Pick<
  KeyboardEvent,
  'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey' | 'isComposing' | 'keyCode' | 'repeat' | 'target'
>

/** Whether an input method is using the key: 229 is how browsers mark one that it has swallowed. */
export function isOfInputMethod(event: Pick<KeyPress, 'isComposing' | 'keyCode'>): boolean {
  return event.isComposing || event.keyCode === 229
}

/** Whether the key goes into a text. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) {
    return true
  }
  return target instanceof HTMLInputElement && !['checkbox', 'radio', 'button', 'submit'].includes(target.type)
}

/** "F2", "Ctrl+Enter", "Ctrl+K", "?"; Command counts as Ctrl, and Caps Lock makes no difference. */
export function combination(event: KeyPress): string {
  const marks = [event.ctrlKey || event.metaKey ? 'Ctrl' : '', event.altKey ? 'Alt' : ''].filter(Boolean)
  const key = marks.length > 0 && event.key.length === 1 ? event.key.toUpperCase() : event.key
  return [...marks, key].join('+')
}

export interface Shortcut {
  keys: string
  run: () => void
  /** Also while typing: function keys and Ctrl combinations write nothing. */
  whileTyping: boolean
  /** Where it must not work because the keys mean something else there. */
  notIn?: string
  /** Asked last, when all else fits. */
  when?: (event: KeyPress) => boolean
}

/** The shortcut that the event calls, if any. */
export function chosenShortcut(event: KeyPress, shortcuts: readonly Shortcut[]): Shortcut | null {
  if (isOfInputMethod(event) || event.repeat) return null
  const keys = combination(event)
  const found = shortcuts.find((shortcut) => shortcut.keys === keys)
  if (!found) return null
  if (!found.whileTyping && isTyping(event.target)) return null
  const target = event.target
  if (found.notIn && target instanceof Element && target.closest(found.notIn)) return null
  if (found.when && !found.when(event)) return null
  return found
}

/** Shortcuts that work while the component is on the page. */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  function onKey(event: KeyboardEvent): void {
    const chosen = chosenShortcut(event, shortcuts)
    if (!chosen) return
    event.preventDefault()
    chosen.run()
  }
  onMounted(() => window.addEventListener('keydown', onKey))
  onUnmounted(() => window.removeEventListener('keydown', onKey))
}
