/** Requests about calls, their recordings and the phone in the browser. */
import type { PhoneAccount } from '@/phone/ports'
import { api, reply } from './client'

type Untyped = (path: string, init?: object) => Promise<{ data?: unknown; error?: unknown; response: Response }>
const get = api.GET as unknown as Untyped
const post = api.POST as unknown as Untyped

export async function phoneAccount(): Promise<PhoneAccount> {
  return (await reply(post('/api/phone/account'))) as PhoneAccount
}

export async function extendWrapUp(): Promise<void> {
  await reply(post('/api/agent/wrap-up/extend'))
}

export async function endWrapUp(): Promise<void> {
  await reply(post('/api/agent/wrap-up/end'))
}

export async function callBack(callId: string): Promise<void> {
  await reply(post('/api/calls/missed/{call_id}/call-back', { params: { path: { call_id: callId } } }))
}

/** End the own call for the citizen too, at once. */
export async function endCall(callId: string): Promise<void> {
  await reply(post('/api/calls/{call_id}/hang-up', { params: { path: { call_id: callId } } }))
}

export async function clearMissed(ids: readonly string[]): Promise<void> {
  await reply(post('/api/calls/missed/clear', { body: { ids } }))
}

/** Where the sound can be fetched for the next minutes; asking is audited. */
export async function recordingLink(id: string, reason: string): Promise<{ url: string; peaks_url: string }> {
  const query = reason ? { reason } : {}
  const params = { path: { id }, query }
  return (await reply(post('/api/recordings/{id}/link', { params }))) as { url: string; peaks_url: string }
}

/** The outline of each channel, the caller's first: peaks from 0 to 1. */
export async function recordingPeaks(url: string): Promise<number[][]> {
  return ((await reply(get(url))) as { channels: number[][] }).channels
}
