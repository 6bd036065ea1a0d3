/**
 * Requests of the citizen page. A visitor gets a session with the first thing they send, not by looking; one
 * that has run out is renewed and the request repeated.
 */
import { ref } from 'vue'
import type {
  CitizenCase,
  CitizenSession,
  Conversation,
  Receipt,
  SurveyAnswer,
} from './shapes'
import { Problem, Unreachable } from '@/api/problem'
import type { Outgoing } from './chat/outbox'
import { language } from './language'
import { problemFrom } from './trouble'
import type { PhoneAccount } from '@/phone/ports'

let session: CitizenSession | null = null
/** Who this browser is to the server; null before it has written anything. */
export const visitor = ref<string | null>(null)
/** One question or one beginning at a time: two at once would make two visitors of one person. */
let looking: Promise<boolean> | null = null
let beginning: Promise<void> | null = null

/** Whether this browser already has a session. */
export async function knownVisitor(): Promise<boolean> {
  if (session) return true
  looking ??= look().finally(() => (looking = null))
  return await looking
}

async function look(): Promise<boolean> {
  try {
    settle(await request<CitizenSession>('GET', '/api/citizen/session'))
    return true
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return false
    throw error
  }
}

export async function sendMessage(message: Outgoing): Promise<Receipt> {
  const body = { id: message.id, text: message.text, sent_at: message.writtenAt }
  return await asVisitor(() => request<Receipt>('POST', '/api/citizen/messages', body))
}

export async function loadConversation(): Promise<Conversation> {
  return await request<Conversation>('GET', '/api/citizen/conversation')
}

export async function saveContact(name: string | null, phone: string | null): Promise<void> {
  await asVisitor(() => request<unknown>('PUT', '/api/citizen/contact', { name, phone }))
}

export async function loadCases(): Promise<CitizenCase[]> {
  return await request<CitizenCase[]>('GET', '/api/citizen/cases')
}

export async function trackCase(caseNo: string, phone: string): Promise<CitizenCase> {
  const body = { case_no: caseNo, phone }
  return await asVisitor(() => request<CitizenCase>('POST', '/api/citizen/track', body))
}

export async function answerSurvey(surveyId: string, answer: SurveyAnswer): Promise<void> {
  const path = `/api/citizen/surveys/${encodeURIComponent(surveyId)}/answer`
  await asVisitor(() => request<unknown>('POST', path, answer))
}

/** An account that reaches the hotline and nothing else, for a few minutes. */
export async function phoneAccount(): Promise<PhoneAccount> {
  return await asVisitor(() => request<PhoneAccount>('POST', '/api/citizen/phone/account'))
}

/** Whether the hotline has lines that work now; without an answer it has none for us. */
export async function hasLines(): Promise<boolean> {
  const health = await request<{ parts: Record<string, { state: string }> }>('GET', '/healthz')
  return health.parts['telephony']?.state === 'ok'
}

/** Sends as this visitor; begins a session where there is none, or where the server no longer takes ours. */
async function asVisitor<T>(send: () => Promise<T>): Promise<T> {
  await arrive()
  try {
    return await send()
  } catch (error) {
    if (!(error instanceof Problem) || !(error.status === 401 || error.code === 'csrf')) throw error
    session = null
    await arrive()
    return await send()
  }
}

async function arrive(): Promise<void> {
  if (await knownVisitor()) return
  beginning ??= begin().finally(() => (beginning = null))
  await beginning
}

async function begin(): Promise<void> {
  settle(await request<CitizenSession>('POST', '/api/citizen/session', {}))
}

function settle(given: CitizenSession): void {
  session = given
  visitor.value = given.visitor
}

async function request<T>(method: 'GET' | 'POST' | 'PUT', path: string, body?: object): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json', 'Accept-Language': language.value }
  if (body) headers['Content-Type'] = 'application/json'
  if (session) headers['X-CSRF-Token'] = session.csrf
  const response = await fetched(path, { method, headers, body: body ? JSON.stringify(body) : null })
  if (!response.ok) throw await problemFrom(response)
  return (response.status === 204 ? undefined : await response.json()) as T
}

async function fetched(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, { ...init, credentials: 'same-origin' })
  } catch (cause) {
    throw new Unreachable(cause)
  }
}
