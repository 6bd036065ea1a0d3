/** Requests about what is read out of a conversation: danger alarms, values for the form, cases nearby. */
import { api, reply } from './client'
import type { ClassifyView, DangerAlarmView, DuplicateView, SuggestionView } from './types'

/** What a person decides is about the version that the page shows. */
interface Shown {
  id: string
  version: number
}

export function acceptSuggestion({ id, version }: Shown): Promise<SuggestionView> {
  return reply(api.POST('/api/suggestions/{id}/accept', { params: { path: { id } }, body: { version } }))
}

export function rejectSuggestion({ id, version }: Shown): Promise<SuggestionView> {
  return reply(api.POST('/api/suggestions/{id}/reject', { params: { path: { id } }, body: { version } }))
}

export function confirmAlarm({ id, version }: Shown): Promise<DangerAlarmView> {
  return reply(api.POST('/api/alarms/{id}/confirm', { params: { path: { id } }, body: { version } }))
}

export function cancelAlarm({ id, version }: Shown, reason: string): Promise<DangerAlarmView> {
  return reply(api.POST('/api/alarms/{id}/cancel', { params: { path: { id } }, body: { version, reason } }))
}

/** What a text of no conversation says; nothing is kept. */
export function classify(text: string, title: string): Promise<ClassifyView> {
  return reply(api.POST('/api/classify', { body: { text, title } }))
}

/** Open cases that may be the same matter as what the form holds, the likeliest first. */
export function nearby(form: {
  category_code: string | null
  address: string
  title: string
  content: string
}): Promise<DuplicateView[]> {
  const { category_code, address, title, content } = form
  return reply(api.POST('/api/nearby', { body: { category_code, address, title, content } }))
}
