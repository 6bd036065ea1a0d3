import { describe, expect, it } from 'vitest'
import { isLive, next, NO_PHONE, type PhoneEvent, type PhoneModel } from './model'

const after = (...events: PhoneEvent[]): PhoneModel => events.reduce(next, NO_PHONE)
const rings: PhoneEvent = { type: 'rings', id: 'a', number: '13800002046', name: '', at: 10 }
const answering: PhoneEvent = { type: 'answering', id: 'a', at: 20 }
const connected: PhoneEvent = { type: 'connected', id: 'a', at: 30 }

describe('a phone', () => {
  it('is registered, and lost when the connection is', () => {
    expect(after({ type: 'line', line: 'registered' }).line).toBe('registered')
    expect(after({ type: 'line', line: 'lost', trouble: 'connection' })).toMatchObject({ line: 'lost', trouble: 'connection' })
  })

  it('goes from ringing over answering to talking', () => {
    expect(after(rings).call).toMatchObject({ state: 'ringing', direction: 'incoming', number: '13800002046', since: 10 })
    expect(after(rings, answering).call?.state).toBe('answering')
    expect(after(rings, answering, connected).call).toMatchObject({ state: 'talking', since: 30, answeredAt: 30 })
  })

  it('rings on when it could not be taken, and still says why', () => {
    const trouble: PhoneEvent = { type: 'trouble', trouble: 'microphone_denied' }
    const model = after(rings, answering, trouble, { type: 'unanswered', id: 'a', at: 25 })
    expect(model).toMatchObject({ call: { state: 'ringing' }, trouble: 'microphone_denied' })
  })

  it('is held and resumed; the talk began when it began', () => {
    const held = after(rings, answering, connected, { type: 'held', id: 'a', at: 40 })
    expect(held.call).toMatchObject({ state: 'held', since: 40, answeredAt: 30 })
    expect(next(held, { type: 'resumed', id: 'a', at: 50 }).call).toMatchObject({ state: 'talking', answeredAt: 30 })
  })

  it('stays muted over a hold', () => {
    const muted = after(rings, answering, connected, { type: 'muted', id: 'a' }, { type: 'held', id: 'a', at: 40 })
    expect(muted.call?.isMuted).toBe(true)
  })

  it('keeps a call that ended until the next one, or until it is cleared', () => {
    const ended = after(rings, { type: 'ended', id: 'a', cause: 'unanswered', at: 60 })
    expect(ended.call).toMatchObject({ state: 'ended', cause: 'unanswered' })
    expect(isLive(ended.call)).toBe(false)
    expect(next(ended, { type: 'cleared' }).call).toBeNull()
    expect(next(ended, { ...rings, id: 'b' }).call).toMatchObject({ id: 'b', state: 'ringing' })
  })

  it('has one call: a second one changes nothing, nor does news of another', () => {
    const talking = after(rings, answering, connected)
    expect(next(talking, { ...rings, id: 'b' })).toBe(talking)
    expect(next(talking, { type: 'ended', id: 'b', cause: 'failed', at: 70 })).toBe(talking)
    expect(next(talking, { type: 'cleared' })).toBe(talking)
  })

  it('ignores what makes no sense in its state', () => {
    const ringing = after(rings)
    expect(next(ringing, { type: 'held', id: 'a', at: 20 })).toBe(ringing)
    expect(next(ringing, connected)).toBe(ringing)
    expect(after(connected)).toBe(NO_PHONE)
  })

  it('keeps talking while the connection is lost', () => {
    const talking = after(rings, answering, connected, { type: 'line', line: 'lost', trouble: 'connection' })
    expect(talking.call?.state).toBe('talking')
  })
})
