/** Requests about calls, their recordings and the phone in the browser. */
import { api, reply } from './client'
import type { AgentStateView, PhoneAccountView } from './types'

export function phoneAccount(): Promise<PhoneAccountView> {
  return reply(api.POST('/api/phone/account'))
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
