/** What the page keeps on this device. A browser that stores nothing (private mode) keeps it until the page closes. */

const memory = new Map<string, string>()
const PREFIX = 'hotline.citizen.'

/** Whether what is kept survives a reload. */
export function keepsForGood(): boolean {
  try {
    localStorage.setItem(`${PREFIX}probe`, '1')
    localStorage.removeItem(`${PREFIX}probe`)
    return true
  } catch {
    return false
  }
}

export function keep(name: string, value: unknown): void {
  const text = JSON.stringify(value)
  memory.set(name, text)
  try {
    localStorage.setItem(PREFIX + name, text)
  } catch {
    // The copy in memory is what there is; `keepsForGood` lets the page say so.
  }
}

export function kept(name: string): unknown {
  const text = stored(name)
  if (text === null) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export function forget(name: string): void {
  memory.delete(name)
  try {
    localStorage.removeItem(PREFIX + name)
  } catch {
    // Nothing was stored there either.
  }
}

/** Calls back when another tab changed what is kept under the name; returns how to stop. */
export function whenChangedElsewhere(name: string, changed: () => void): () => void {
  const look = (event: StorageEvent): void => {
    if (event.key === PREFIX + name || event.key === null) changed()
  }
  window.addEventListener('storage', look)
  return () => window.removeEventListener('storage', look)
}

function stored(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name)
  } catch {
    return memory.get(name) ?? null
  }
}
