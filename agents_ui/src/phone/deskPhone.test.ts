import { describe, expect, it, vi } from 'vitest'
import { DeskUse, deskLine, isAtDesk, type DeskPhone } from './deskPhone'
import { SoftPhone } from './softPhone'
import type { PhonePorts } from './ports'

const NOW = Date.parse('2026-01-01T08:00:00Z')
const HOUR = 3_600_000

function town(phones: DeskPhone[]) {
  const at = { now: NOW }
  const ports = {
    list: vi.fn(() => Promise.resolve(phones)),
    use: vi.fn(() => Promise.resolve({ expires_at: new Date(at.now + HOUR).toISOString() })),
    forget: vi.fn(),
    now: () => at.now,
  }
  return { at, ports, desk: new DeskUse(ports) }
}

const WINDOW: DeskPhone = { name: 'window', is_own: true, is_online: true }

describe('a desk phone in the place of the browser', () => {
  it('is looked at every minute or so and prolonged only when its hour runs out', async () => {
    const { at, ports, desk } = town([WINDOW])
    const account = await desk.account('window')
    expect(isAtDesk(account)).toBe(true)
    expect(Date.parse(account.expires_at) - NOW).toBeLessThan(2 * 60_000)
    at.now += 60_000
    await desk.account('window')
    expect(ports.use).toHaveBeenCalledTimes(1)
    at.now += 45 * 60_000
    await desk.account('window')
    expect(ports.use).toHaveBeenCalledTimes(2)
  })

  it('is asked for anew after the browser had the calls', async () => {
    const { ports, desk } = town([WINDOW])
    await desk.account('window')
    desk.leave()
    await desk.account('window')
    expect(ports.use).toHaveBeenCalledTimes(2)
  })

  it('that is unplugged is no phone, and is not given up', async () => {
    const { ports, desk } = town([{ ...WINDOW, is_online: false }])
    await expect(desk.account('window')).rejects.toThrow()
    expect(ports.forget).not.toHaveBeenCalled()
  })

  it('that is somebody else’s, chosen by who sat here before, is forgotten', async () => {
    const { ports, desk } = town([WINDOW])
    await expect(desk.account('attic')).rejects.toThrow()
    expect(ports.forget).toHaveBeenCalled()
  })

  it('makes the page’s phone ready, without microphone and connection', async () => {
    const { desk } = town([WINDOW])
    const ports: PhonePorts = {
      account: () => desk.account('window'),
      connect: (_account, events) => Promise.resolve(deskLine(events)),
      listen: vi.fn(),
      play: vi.fn(),
      after: () => () => undefined,
      now: () => NOW,
    }
    const phone = new SoftPhone(ports)
    phone.start()
    await vi.waitFor(() => expect(phone.model.line).toBe('registered'))
    expect(ports.listen).not.toHaveBeenCalled()
    phone.stop()
    expect(phone.model.line).toBe('off')
  })
})
