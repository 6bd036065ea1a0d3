/** What the page remembers of the contact it asked for, so that it asks each visitor only once. */
import { computed, ref } from 'vue'
import { keep, kept } from '../kept'
import { visitor } from '../requests'

export interface ContactNote {
  readonly visitor: string | null
  readonly state: 'unasked' | 'skipped' | 'saved'
  readonly name: string
  /** With its middle hidden: others may use this device too. */
  readonly phone: string
}

const NAME = 'contact'
const stored = ref<Partial<ContactNote>>((kept(NAME) as Partial<ContactNote> | undefined) ?? {})

export const contactNote = computed<ContactNote>(() => {
  const blank: ContactNote = { visitor: visitor.value, state: 'unasked', name: '', phone: '' }
  return stored.value.visitor === visitor.value ? { ...blank, ...stored.value } : blank
})

export function noteContact(name: string, phone: string): void {
  note({ visitor: visitor.value, state: 'saved', name, phone: maskedPhone(phone) })
}

export function skipContact(): void {
  note({ visitor: visitor.value, state: 'skipped', name: '', phone: '' })
}

/** 137****0918: enough to recognise one's own number. */
export function maskedPhone(phone: string): string {
  const digits = phone.replace(/\D/g, '')
  return digits.length < 7 ? digits : `${digits.slice(0, 3)}****${digits.slice(-4)}`
}

function note(news: ContactNote): void {
  stored.value = news
  keep(NAME, news)
}
