import type { Plugin } from 'vue'
import { createI18n } from 'vue-i18n'

export const LANGUAGES = ['zh-CN', 'en'] as const
export type Language = (typeof LANGUAGES)[number]
export const DEFAULT_LANGUAGE: Language = 'zh-CN'

const KEPT = 'hotline.language'

interface Texts {
  [key: string]: string | Texts
}
export type Languages = Plugin & { global: { t: (key: string) => string } }
export type Catalogues = Record<Language, Record<string, Texts>>

/** The language chosen on this computer, or Chinese. */
export function keptLanguage(): Language {
  try {
    const kept = localStorage.getItem(KEPT)
    return LANGUAGES.find((language) => language === kept) ?? DEFAULT_LANGUAGE
  } catch {
    // Storage may be forbidden; the page works in the default language all the same.
    return DEFAULT_LANGUAGE
  }
}

/** The vue-i18n of one page, with the catalogues it needs; each is a file of i18n/<language>/. */
export function createLanguages(catalogues: Catalogues): Languages {
  const language = keptLanguage()
  document.documentElement.lang = language
  // Inferring the type of every key is more than the compiler can do; a test compares the catalogues instead.
  const create = createI18n as unknown as (options: object) => Languages
  return create({ legacy: false, locale: language, fallbackLocale: DEFAULT_LANGUAGE, messages: catalogues })
}

/** Remember the choice; the server's texts follow because the client reads the document's language. */
export function keepLanguage(language: Language): void {
  document.documentElement.lang = language
  try {
    localStorage.setItem(KEPT, language)
  } catch {
    // Not remembered, but in force.
  }
}
