import { beforeEach, describe, expect, it, vi } from 'vitest'
import { MediaProblem } from './media'
import type { PhoneAccount, PhonePorts, SipCall, SipCallEvents, SipEvents } from './ports'
import { SoftPhone } from './softPhone'

const HOUR = 3600_000
const account = (password: string, ends = HOUR): PhoneAccount => ({
  user: 'agent1',
  password,
  expires_at: new Date(ends).toISOString(),
  wss_url: 'wss://127.0.0.1:1/ws',
  realm: 'hotline',
  ice_servers: [],
  call: '',
})

/** An exchange, a server and a microphone that do as the test says. */
function world() {
  const timers: { at: number; then: () => void }[] = []
  const tracks = [{ stop: vi.fn() }]
  const voice = { getTracks: () => tracks } as unknown as MediaStream
  const line = { renew: vi.fn(), dial: vi.fn(), close: vi.fn() }
  const made = { events: null as SipEvents | null, call: null as SipCallEvents | null, now: 0 }
  const ports = {
    account: vi.fn(() => Promise.resolve(account('first'))),
    connect: vi.fn((_given: PhoneAccount, events: SipEvents) => {
      made.events = events
      return Promise.resolve(line)
    }),
    listen: vi.fn(() => Promise.resolve(voice)),
    play: vi.fn(),
    after(milliseconds: number, then: () => void) {
      const timer = { at: made.now + milliseconds, then }
      timers.push(timer)
      return () => void timers.splice(timers.indexOf(timer), timers.includes(timer) ? 1 : 0)
    },
    now: () => made.now,
  } satisfies PhonePorts
  const phone = new SoftPhone(ports)
  const settled = async (): Promise<void> => {
    for (let turn = 0; turn < 8; turn += 1) await Promise.resolve()
  }
  return {
    ...{ phone, ports, line, tracks, voice, timers, made, settled },
    async registered(): Promise<void> {
      phone.start()
      await settled()
      made.events?.registered()
    },
    rings(id = 'a'): SipCall {
      const call = { id, number: '13800002046', name: '', answer: vi.fn(), end: vi.fn(), hold: vi.fn(), mute: vi.fn() }
      const events = made.events?.rings(call) ?? null
      if (events) made.call = events
      return call
    },
    async timePasses(): Promise<void> {
      const first = timers.sort((a, b) => a.at - b.at).shift()
      made.now = first?.at ?? made.now
      first?.then()
      await settled()
    },
  }
}

describe('the soft phone', () => {
  let w: ReturnType<typeof world>
  beforeEach(() => {
    w = world()
    vi.spyOn(console, 'info').mockReturnValue()
  })

  it('registers with an account of the server', async () => {
    w.phone.start()
    expect(w.phone.model.line).toBe('registering')
    await w.settled()
    w.made.events?.registered()
    expect(w.phone.model.line).toBe('registered')
  })

  it('renews the account well before it ends, on the same registration', async () => {
    await w.registered()
    w.ports.account.mockResolvedValueOnce(account('second', 2 * HOUR))
    await w.timePasses()
    expect(w.made.now).toBeLessThan(0.8 * HOUR)
    expect(w.line.renew).toHaveBeenCalledWith(expect.objectContaining({ password: 'second' }))
    expect(w.ports.connect).toHaveBeenCalledTimes(1)
  })

  it('tries again when the server gives no account', async () => {
    w.ports.account.mockRejectedValueOnce(new Error('no telephony'))
    w.phone.start()
    await w.settled()
    expect(w.phone.model).toMatchObject({ line: 'lost', trouble: 'account' })
    await w.timePasses()
    w.made.events?.registered()
    expect(w.phone.model).toMatchObject({ line: 'registered', trouble: null })
  })

  it('opens the microphone when a call is taken, not before, and closes it when the call ends', async () => {
    await w.registered()
    const call = w.rings()
    expect(w.ports.listen).not.toHaveBeenCalled()
    await w.phone.answer()
    expect(call.answer).toHaveBeenCalledWith(w.voice)
    w.made.call?.connected()
    expect(w.phone.model.call?.state).toBe('talking')
    w.made.call?.ended('other_side')
    expect(w.tracks[0]?.stop).toHaveBeenCalled()
    expect(w.phone.model.call).toMatchObject({ state: 'ended', cause: 'other_side' })
    expect(w.ports.play).toHaveBeenLastCalledWith(null)
  })

  it('without a microphone lets it ring on and says why', async () => {
    await w.registered()
    const call = w.rings()
    w.ports.listen.mockRejectedValueOnce(new MediaProblem('microphone_denied'))
    await w.phone.answer()
    expect(call.answer).not.toHaveBeenCalled()
    expect(w.phone.model).toMatchObject({ trouble: 'microphone_denied', call: { state: 'ringing' } })
  })

  it('closes a microphone that opened after the caller had gone', async () => {
    await w.registered()
    const call = w.rings()
    const answered = w.phone.answer()
    w.made.call?.ended('unanswered')
    await answered
    expect(call.answer).not.toHaveBeenCalled()
    expect(w.tracks[0]?.stop).toHaveBeenCalled()
  })

  it('refuses a second call while there is one', async () => {
    await w.registered()
    w.rings('a')
    expect(w.made.events?.rings({ ...w.rings('b'), id: 'c' })).toBeNull()
    expect(w.phone.model.call?.id).toBe('a')
  })

  it('holds, and is held when the exchange says so', async () => {
    await w.registered()
    const call = w.rings()
    await w.phone.answer()
    w.made.call?.connected()
    w.phone.toggleHold()
    expect(call.hold).toHaveBeenCalledWith(true)
    expect(w.phone.model.call?.state).toBe('talking')
    w.made.call?.held(true)
    expect(w.phone.model.call?.state).toBe('held')
    w.phone.toggleHold()
    expect(call.hold).toHaveBeenLastCalledWith(false)
  })

  it('mutes and hangs up', async () => {
    await w.registered()
    const call = w.rings()
    await w.phone.answer()
    w.made.call?.connected()
    w.phone.toggleMute()
    expect(call.mute).toHaveBeenCalledWith(true)
    expect(w.phone.model.call?.isMuted).toBe(true)
    w.phone.hangUp()
    expect(call.end).toHaveBeenCalled()
    expect(w.phone.model.call).toMatchObject({ state: 'ended', cause: 'here' })
  })

  it('gets a fresh account when the exchange forgot the old one', async () => {
    await w.registered()
    w.made.events?.disconnected()
    expect(w.phone.model).toMatchObject({ line: 'lost', trouble: 'connection' })
    w.made.events?.refused(true)
    w.ports.account.mockResolvedValueOnce(account('second'))
    await w.timePasses()
    expect(w.line.renew).toHaveBeenCalledWith(expect.objectContaining({ password: 'second' }))
  })

  it('leaves the phone to another computer that took the account', async () => {
    await w.registered()
    w.made.events?.refused(false)
    expect(w.phone.model.line).toBe('elsewhere')
    expect(w.line.close).toHaveBeenCalled()
    expect(w.timers).toEqual([])
  })

  it('stopped while an account is asked for does not register', async () => {
    w.phone.start()
    w.phone.stop('elsewhere')
    await w.settled()
    expect(w.ports.connect).not.toHaveBeenCalled()
    expect(w.phone.model.line).toBe('elsewhere')
  })

  it('dials, and takes the microphone for it', async () => {
    await w.registered()
    w.line.dial.mockReturnValue({ id: 'out', number: 'hotline', name: '', end: vi.fn() })
    await w.phone.dial('hotline')
    expect(w.phone.model.call).toMatchObject({ state: 'dialling', direction: 'outgoing' })
    const events = w.line.dial.mock.calls[0]?.[2] as SipCallEvents
    events.connected()
    expect(w.phone.model.call?.state).toBe('talking')
  })
})
