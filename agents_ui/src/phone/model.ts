/** What a phone in the browser is doing. Pure: events in, the next model out. */

/** `elsewhere`: another page has the phone; `lost`: it should be registered and is not. */
export type LineState = 'off' | 'elsewhere' | 'registering' | 'registered' | 'lost'

/** `answering`: taken, but no voice yet. */
export type CallState = 'ringing' | 'dialling' | 'answering' | 'talking' | 'held' | 'ended'

/** Why the phone does not work or a call has no sound; each has a text in the catalogues. */
export type PhoneTrouble =
  | 'insecure'
  | 'microphone_absent'
  | 'microphone_denied'
  | 'microphone_busy'
  | 'sound_blocked'
  | 'account'
  | 'connection'
  | 'refused'

/** `other_side` and `here`: who ended it; `failed`: it never came to a talk, or broke. */
export type EndCause = 'here' | 'other_side' | 'unanswered' | 'busy' | 'failed'

export interface PhoneCall {
  readonly id: string
  readonly direction: 'incoming' | 'outgoing'
  readonly state: CallState
  /** As the exchange sent them; "" when withheld. */
  readonly number: string
  readonly name: string
  /** When the present state began (ms); for `held` and `ended` too. */
  readonly since: number
  /** When the talk began (ms). */
  readonly answeredAt: number | null
  readonly isMuted: boolean
  readonly cause: EndCause | null
}

export interface PhoneModel {
  readonly line: LineState
  readonly trouble: PhoneTrouble | null
  readonly call: PhoneCall | null
}

export type PhoneEvent =
  | { type: 'line'; line: LineState; trouble?: PhoneTrouble | null }
  | { type: 'trouble'; trouble: PhoneTrouble | null }
  | { type: 'rings' | 'dials'; id: string; number: string; name: string; at: number }
  | { type: 'answering' | 'unanswered' | 'connected' | 'held' | 'resumed'; id: string; at: number }
  | { type: 'muted' | 'unmuted'; id: string }
  | { type: 'ended'; id: string; cause: EndCause; at: number }
  | { type: 'cleared' }

export const NO_PHONE: PhoneModel = { line: 'off', trouble: null, call: null }

const LIVE: readonly CallState[] = ['ringing', 'dialling', 'answering', 'talking', 'held']
const FROM = {
  answering: ['ringing'],
  // It could not be taken after all, and rings on.
  unanswered: ['answering'],
  connected: ['dialling', 'answering'],
  held: ['talking'],
  resumed: ['held'],
} as const satisfies Record<string, readonly CallState[]>
const INTO = {
  answering: 'answering',
  unanswered: 'ringing',
  connected: 'talking',
  held: 'held',
  resumed: 'talking',
} as const

export type LiveCall = PhoneCall & { readonly state: Exclude<CallState, 'ended'> }

/** Whether there is a call that has not ended. */
export function isLive(call: PhoneCall | null): call is LiveCall {
  return call !== null && LIVE.includes(call.state)
}

/** The model after `event`; what makes no sense in the present state, or is of another call, changes nothing. */
export function next(model: PhoneModel, event: PhoneEvent): PhoneModel {
  switch (event.type) {
    case 'line':
      return { ...model, line: event.line, trouble: event.trouble ?? null }
    case 'trouble':
      return { ...model, trouble: event.trouble }
    case 'rings':
    case 'dials':
      return isLive(model.call) ? model : { ...model, call: begun(event) }
    case 'cleared':
      return isLive(model.call) ? model : { ...model, call: null }
    default:
      return withCall(model, event)
  }
}

function begun({ type, id, number, name, at }: Extract<PhoneEvent, { type: 'rings' | 'dials' }>): PhoneCall {
  const [direction, state] = type === 'rings' ? (['incoming', 'ringing'] as const) : (['outgoing', 'dialling'] as const)
  return { id, direction, state, number, name, since: at, answeredAt: null, isMuted: false, cause: null }
}

type OfCall = Extract<PhoneEvent, { id: string }>

function withCall(model: PhoneModel, event: Exclude<OfCall, { type: 'rings' | 'dials' }>): PhoneModel {
  const call = model.call
  if (!isLive(call) || call.id !== event.id) return model
  switch (event.type) {
    case 'muted':
    case 'unmuted':
      return { ...model, call: { ...call, isMuted: event.type === 'muted' } }
    case 'ended':
      return { ...model, call: { ...call, state: 'ended', since: event.at, cause: event.cause } }
    default: {
      if (!(FROM[event.type] as readonly CallState[]).includes(call.state)) return model
      const answeredAt = event.type === 'connected' ? event.at : call.answeredAt
      const trouble = event.type === 'answering' ? null : model.trouble
      return { ...model, trouble, call: { ...call, state: INTO[event.type], since: event.at, answeredAt } }
    }
  }
}
