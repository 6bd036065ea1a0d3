/**
 * The citizen page's texts. It has its own few lines instead of a translation library: the page must stay
 * small on an old phone.
 */
import { computed, ref } from 'vue'
import en from '@/i18n/en/citizen.json'
import zh from '@/i18n/zh-CN/citizen.json'
import { serviceName, serviceScope } from '@/api/about'

type Leaf<T, P extends string = ''> = {
  [K in keyof T & string]: T[K] extends string ? `${P}${K}` : Leaf<T[K], `${P}${K}.`>
}[keyof T & string]

export type TextKey = Leaf<typeof zh>
export type Language = 'zh-CN' | 'en'
export type Params = Readonly<Record<string, string | number>>

const CATALOGUES = { 'zh-CN': zh, en } as const
/** The staff pages remember the language under the same name. */
const KEPT = 'hotline.language'

export const language = ref<Language>(firstLanguage())
export const otherLanguage = computed<Language>(() => (language.value === 'en' ? 'zh-CN' : 'en'))

/** The text in the language of the page; `{name}` stands for a parameter. */
export function t(key: TextKey, params: Params = {}): string {
  return fill(find(key) ?? key, params)
}

/** What the service is called, in the language of the page. */
export const name = computed(() => serviceName(language.value, t('name')))
/** What it looks after, in a line. */
export const scope = computed(() => serviceScope(language.value, t('scope')))

/** The text for a code that the server sent, or null when this page does not know it. */
export function textFor(group: 'plain' | 'step', code: string): string | null {
  return find(`${group}.${code}`)
}

export function speak(wanted: Language): void {
  language.value = wanted
  try {
    localStorage.setItem(KEPT, wanted)
  } catch {
    // Not remembered, but in force.
  }
}

function find(key: string): string | null {
  let at: unknown = CATALOGUES[language.value]
  for (const part of key.split('.')) {
    if (typeof at !== 'object' || at === null) return null
    at = (at as Record<string, unknown>)[part]
  }
  return typeof at === 'string' ? at : null
}

function fill(text: string, params: Params): string {
  return text.replace(/{(\w+)}/g, (whole, name: string) => String(params[name] ?? whole))
}

function firstLanguage(): Language {
  const chosen = remembered()
  if (chosen === 'en' || chosen === 'zh-CN') return chosen
  return navigator.language.toLowerCase().startsWith('en') ? 'en' : 'zh-CN'
}

function remembered(): string | null {
  try {
    return localStorage.getItem(KEPT)
  } catch {
    return null
  }
}
