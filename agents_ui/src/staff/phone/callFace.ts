import type { Area, CallPop, CallView, ContactView } from '@/api/types'
import { isLive, type PhoneCall } from '@/phone/model'

type Translate = (key: string, values?: Record<string, string>) => string

/** What the bar shows of a call: `away` means that another page or computer has the phone. */
export interface CallFace {
  state: 'ringing' | 'dialling' | 'talking' | 'held' | 'after' | 'wrap_up'
  since: number
  isAway: boolean
}

/**
 * The state of the call at this desk. The phone here knows first; where it has no call, the server does: the
 * phone is on another page, or the citizen is kept waiting until it is back.
 */
export function callFace(call: CallPop | null, phone: PhoneCall | null, wrapUpSince: number | null): CallFace | null {
  if (isLive(phone)) {
    const state = phone.state === 'answering' ? 'ringing' : phone.state
    const since = state === 'talking' || state === 'held' ? talkSince(call, phone) : phone.since
    return { state, since, isAway: false }
  }
  if (wrapUpSince !== null) return { state: 'wrap_up', since: wrapUpSince, isAway: false }
  if (!call) return null
  const at = (moment: string | null): number => Date.parse(moment ?? call.arrived_at)
  switch (call.state) {
    case 'ring':
      return { state: 'ringing', since: at(call.offers.at(-1)?.rung_at ?? null), isAway: true }
    case 'dialling':
      return { state: 'dialling', since: at(null), isAway: true }
    case 'talk':
      return { state: 'talking', since: at(call.answered_at), isAway: true }
    case 'after':
      return { state: 'after', since: at(call.answered_at), isAway: true }
    default:
      return null
  }
}

/** When the talk began (ms): a phone that came back after a reload knows only its own part, the server the whole. */
function talkSince(call: CallPop | null, phone: PhoneCall): number {
  const here = phone.answeredAt ?? phone.since
  if (!call?.answered_at || call.state === 'ended') return here
  // The earlier one, so that a clock never runs back when the server's word comes after the phone's.
  return Math.min(here, Date.parse(call.answered_at))
}

/** Who is calling, in one line: the name if it is known, else several that it may be. */
export function callerName(call: CallPop | null): { name: string | null; isPossible: boolean } {
  const sure = call?.contact.name ?? null
  if (sure) return { name: sure, isPossible: false }
  const names = (call?.possible ?? []).map((one) => one.name).filter((name): name is string => name !== null)
  return { name: names[0] ?? null, isPossible: names.length > 0 }
}

/** By which way the citizen came, in words; nothing for a call that we made. */
export function calledName(call: CallView | null, t: Translate): string {
  if (!call || call.called === '') return ''
  return call.called === 'web' ? t('phone.fromWeb') : t('phone.toNumber', { number: call.called })
}

/** Where a number is from, as far as that is known; nothing for one of the city itself without a name. */
export function areaName(area: Area | null, language: string, t: Translate): string {
  if (!area) return ''
  const name = area.name?.[language] ?? area.name?.['zh-CN']
  return name ? t(`phone.area.${area.kind}In`, { name }) : t(`phone.area.${area.kind}`)
}

/** Whose call was missed, as far as that is known. */
export function missedName(call: { contact: ContactView | null; possible: readonly ContactView[] }, t: Translate): string {
  if (call.contact?.name) return call.contact.name
  const name = call.possible.find((one) => one.name !== null)?.name
  return name ? t('phone.possibly', { name }) : ''
}
