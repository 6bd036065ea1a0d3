/** Requests about calls, their recordings and the phone in the browser. */
import { api, reply } from './client'
import type { AgentStateView, CaseCallView, DeskPhoneView, NuisanceView, PhoneAccountView } from './types'

export function phoneAccount(): Promise<PhoneAccountView> {
  return reply(api.POST('/api/phone/account'))
}

/** The desk phones that may be used instead of the browser's. */
export function deskPhones(): Promise<DeskPhoneView[]> {
  return reply(api.GET('/api/phone/desks'))
}

/** Have the own calls ring at a desk phone; to be asked for again before it ends. */
export function useDeskPhone(name: string): Promise<{ expires_at: string }> {
  return reply(api.POST('/api/phone/desk', { body: { name } }))
}

export function extendWrapUp(): Promise<AgentStateView> {
  return reply(api.POST('/api/agent/wrap-up/extend'))
}

export function endWrapUp(): Promise<AgentStateView> {
  return reply(api.POST('/api/agent/wrap-up/end'))
}

/** Calls the citizen, then rings the phone here. */
export async function callBack(callId: string): Promise<void> {
  const path = { call_id: callId }
  await reply(api.POST('/api/calls/missed/{call_id}/call-back', { params: { path } }))
}

/** End the own call for the citizen too, at once. */
export async function endCall(callId: string): Promise<void> {
  await reply(api.POST('/api/calls/{call_id}/hang-up', { params: { path: { call_id: callId } } }))
}

/** How many of them were still on the list. */
export async function clearMissed(ids: string[]): Promise<number> {
  return (await reply(api.POST('/api/calls/missed/clear', { body: { ids } }))).cleared
}

/** These calls need no case; how many were still on the list. */
export async function clearToFile(ids: string[]): Promise<number> {
  return (await reply(api.POST('/api/calls/to-file/clear', { body: { ids } }))).cleared
}

/** The calls behind a case, the oldest first. */
export function callsOfCase(caseNo: string): Promise<CaseCallView[]> {
  return reply(api.GET('/api/cases/{case_no}/calls', { params: { path: { case_no: caseNo } } }))
}

/** Propose the caller of an own call for the list of nuisance callers. */
export async function reportNuisance(callId: string, reason: string): Promise<void> {
  await reply(api.POST('/api/calls/{call_id}/nuisance', { params: { path: { call_id: callId } }, body: { reason } }))
}

/** What a shift lead decides about an entry, as the page shows it; `until` is for a confirmation. */
export function decideNuisance(
  entry: NuisanceView,
  decision: 'confirm' | 'reject' | 'lift',
  note: string,
  until: Date,
): Promise<NuisanceView> {
  const params = { path: { id: entry.id } }
  const body = { version: entry.version, note }
  if (decision === 'reject') return reply(api.POST('/api/nuisance/{id}/reject', { params, body }))
  if (decision === 'lift') return reply(api.POST('/api/nuisance/{id}/lift', { params, body }))
  return reply(api.POST('/api/nuisance/{id}/confirm', { params, body: { ...body, until: until.toISOString() } }))
}

export interface RecordingLink {
  url: string
  peaks_url: string
}

/** Where the sound can be fetched for the next minutes; asking is audited. */
export function recordingLink(id: string, reason: string): Promise<RecordingLink> {
  const params = { path: { id }, query: reason ? { reason } : {} }
  return reply(api.POST('/api/recordings/{id}/link', { params }))
}

/** The outline of each channel, the caller's first: peaks from 0 to 1. */
export async function recordingPeaks(id: string, link: RecordingLink): Promise<number[][]> {
  const token = new URL(link.peaks_url, location.href).searchParams.get('token') ?? ''
  const params = { path: { id }, query: { token } }
  return (await reply(api.GET('/api/recordings/{id}/peaks', { params }))).channels
}
