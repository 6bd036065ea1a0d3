import { describe, expect, it } from 'vitest'
import type { CallPop, ContactView } from '@/api/types'
import type { PhoneCall } from '@/phone/model'
import { areaName, callerName, callFace, missedName } from './callFace'

const NOON = Date.parse('2026-11-22T04:00:00Z')
const citizen = (name: string | null): ContactView => ({ id: name ?? '', version: 1, name, phone: null, masked: true })
const call = (changes: Partial<CallPop> = {}): CallPop => ({
  id: 'c1',
  version: 1,
  conversation_id: 't1',
  direction: 'inbound',
  state: 'ring',
  number: '13800002046',
  area: null,
  nuisance: null,
  called: '0393-12345',
  contact: citizen(null),
  possible: [],
  arrived_at: '2026-11-22T04:00:00Z',
  waiting_since: null,
  ringing_at: '2026-11-22T04:00:00Z',
  answered_at: '2026-11-22T04:00:00Z',
  ended_at: null,
  agent: null,
  result: null,
  to_be_filed: false,
  missed: null,
  missed_why: null,
  offers: [{ agent: null, rung_at: '2026-11-22T04:00:00Z', ended_at: null, outcome: null }],
  recording: null,
  earlier: [],
  history: { cases: [], conversations: [] },
  ...changes,
})
const phone = (changes: Partial<PhoneCall> = {}): PhoneCall => ({
  id: 'a',
  direction: 'incoming',
  state: 'ringing',
  number: '13800002046',
  name: '',
  since: 5,
  answeredAt: null,
  isMuted: false,
  cause: null,
  ...changes,
})

describe('the call in the bar', () => {
  it('is what the phone here does', () => {
    expect(callFace(call(), phone(), null)).toEqual({ state: 'ringing', since: 5, isAway: false })
    expect(callFace(call(), phone({ state: 'answering' }), null)?.state).toBe('ringing')
  })

  it('counts the whole talk, also while held', () => {
    expect(callFace(call(), phone({ state: 'held', since: 90, answeredAt: 30 }), null)).toMatchObject({
      state: 'held',
      since: 30,
    })
  })

  it('counts from where the talk began, also after a reload took the phone away for a while', () => {
    const back = { answeredAt: NOON + 18_000, since: NOON + 18_000 }
    expect(callFace(call({ state: 'talk' }), phone({ state: 'talking', ...back }), null)).toEqual({
      state: 'talking',
      since: NOON,
      isAway: false,
    })
    expect(callFace(call({ state: 'after' }), phone({ state: 'held', ...back }), null)?.since).toBe(NOON)
    const rings = phone({ state: 'ringing', since: NOON + 17_000 })
    expect(callFace(call({ state: 'ring' }), rings, null)?.since).toBe(NOON + 17_000)
  })

  it('counts from what the phone knows until the server says when the talk began', () => {
    const talks = phone({ state: 'talking', since: NOON + 500, answeredAt: NOON + 500 })
    for (const known of [null, call({ answered_at: null }), call({ state: 'ended' })])
      expect(callFace(known, talks, null)?.since).toBe(NOON + 500)
    const late = call({ state: 'talk', answered_at: '2026-11-22T04:00:01Z' })
    expect(callFace(late, talks, null)?.since).toBe(NOON + 500)
  })

  it('is what the server says when the phone is elsewhere', () => {
    expect(callFace(call({ state: 'talk' }), null, null)).toEqual({ state: 'talking', since: NOON, isAway: true })
    expect(callFace(call({ state: 'after' }), phone({ state: 'ended' }), null)?.state).toBe('after')
  })

  it('becomes the wrap-up, then nothing', () => {
    expect(callFace(call({ state: 'ended' }), phone({ state: 'ended' }), 7)).toMatchObject({ state: 'wrap_up', since: 7 })
    expect(callFace(call({ state: 'ended' }), null, null)).toBeNull()
    expect(callFace(null, null, null)).toBeNull()
  })
})

const said = (key: string, values: Record<string, string> = {}): string => [key, ...Object.values(values)].join(' ')

describe('the caller', () => {
  it('has the name that is known, or one of those it may be, or none', () => {
    expect(callerName(call({ contact: citizen('李桂兰') }))).toEqual({ name: '李桂兰', isPossible: false })
    const possible = [citizen('李桂兰'), citizen('王强')]
    expect(callerName(call({ possible }))).toEqual({ name: '李桂兰', isPossible: true })
    expect(callerName(null)).toEqual({ name: null, isPossible: false })
  })

  it('of a missed call is named as surely as is known', () => {
    const possible = [citizen(null), citizen('王**')]
    expect(missedName({ contact: citizen('李**'), possible }, said)).toBe('李**')
    expect(missedName({ contact: null, possible }, said)).toBe('phone.possibly 王**')
    expect(missedName({ contact: null, possible: [] }, said)).toBe('')
  })

  it('calls from an area in the language of the page, or at least from a kind of telephone', () => {
    const name = { 'zh-CN': '河南濮阳', en: 'Puyang, Henan' }
    expect(areaName({ kind: 'landline', name }, 'en', said)).toBe('phone.area.landlineIn Puyang, Henan')
    expect(areaName({ kind: 'mobile', name: null }, 'zh-CN', said)).toBe('phone.area.mobile')
    expect(areaName(null, 'zh-CN', said)).toBe('')
  })
})
