/** What the service is called and looks after: the installation's data, not the pages'. */
import { ref } from 'vue'
import type { AboutView } from './types'

const KEPT = 'hotline.about'

/** Null until the server has answered once in this browser. */
export const about = ref<AboutView | null>(remembered())

/** Ask anew; the name of last time is shown meanwhile, and stays when nobody answers. */
export async function loadAbout(): Promise<void> {
  try {
    const answer = await fetch('/api/about')
    if (!answer.ok) return
    about.value = (await answer.json()) as AboutView
    localStorage.setItem(KEPT, JSON.stringify(about.value))
  } catch (error) {
    console.info('the name of the service is not known yet', error)
  }
}

/** The name in a language, else `plain`. */
export function serviceName(language: string, plain: string): string {
  return about.value?.name[language] ?? plain
}

/** What it looks after, in a line, else `plain`. */
export function serviceScope(language: string, plain: string): string {
  return about.value?.scope[language] ?? plain
}

function remembered(): AboutView | null {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? 'null') as AboutView | null
  } catch {
    return null
  }
}
