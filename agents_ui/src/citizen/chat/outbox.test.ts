import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Problem, Unreachable } from '@/api/problem'
import { FIRST_RETRY_MS, LAST_RETRY_MS, Outbox, newId, type Deliver, type Outgoing, type OutboxStore } from './outbox'

class Shelf implements OutboxStore {
  stored = '[]'
  read = (): unknown => JSON.parse(this.stored)
  write = (items: readonly Outgoing[]): void => {
    this.stored = JSON.stringify(items)
  }
}

const receive: Deliver = (message) => Promise.resolve({ message_id: `server-${message.id}` })
const offline: Deliver = () => Promise.reject(new Unreachable('no network'))
const refuse: Deliver = () =>
  Promise.reject(new Problem({ status: 422, code: 'invalid_input', title: 'Not like that.' }))

function outboxWith(deliver: Deliver, shelf = new Shelf()): { outbox: Outbox; shelf: Shelf; delivered: string[] } {
  const delivered: string[] = []
  const outbox = new Outbox(shelf, deliver, (message) => delivered.push(message.text))
  return { outbox, shelf, delivered }
}

const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0)
const states = (outbox: Outbox): string[] => outbox.items.value.map((item) => item.state)

describe('the outbox', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('keeps a message on the device until it is acknowledged', async () => {
    const { outbox, shelf, delivered } = outboxWith(receive)
    outbox.add('The lamp is out')
    expect(shelf.stored).toContain('The lamp is out')
    await settle()
    expect(states(outbox)).toEqual(['sent'])
    expect(delivered).toEqual(['The lamp is out'])
    expect(shelf.stored).toBe('[]')
  })

  it('sends what a reload left over, under the same id', async () => {
    const { outbox, shelf } = outboxWith(offline)
    const { id } = outbox.add('Written before the reload')
    await settle()
    outbox.stop()
    const seen: string[] = []
    const again = outboxWith((message) => (seen.push(message.id), receive(message)), shelf)
    void again.outbox.flush()
    await settle()
    expect(seen).toEqual([id])
  })

  it('tries again by itself, less and less often, and keeps the order', async () => {
    let isUp = false
    const sent: string[] = []
    const { outbox } = outboxWith((message) => (isUp ? (sent.push(message.text), receive(message)) : offline(message)))
    outbox.add('first')
    outbox.add('second')
    await settle()
    expect([outbox.stuck, outbox.pending]).toEqual([true, 2])
    await vi.advanceTimersByTimeAsync(FIRST_RETRY_MS)
    expect(sent).toEqual([])
    isUp = true
    await vi.advanceTimersByTimeAsync(LAST_RETRY_MS)
    expect(sent).toEqual(['first', 'second'])
    expect(outbox.stuck).toBe(false)
  })

  it('does not repeat what the server has judged; the person decides', async () => {
    const { outbox, shelf } = outboxWith(refuse)
    const { id } = outbox.add('\u0007')
    await settle()
    expect(outbox.items.value).toMatchObject([{ state: 'refused', reason: 'Not like that.' }])
    await vi.advanceTimersByTimeAsync(LAST_RETRY_MS)
    expect(states(outbox)).toEqual(['refused'])
    expect(shelf.stored).toContain('refused')
    outbox.drop(id)
    expect(shelf.stored).toBe('[]')
  })

  it('goes on with the next message when one was refused', async () => {
    const { outbox } = outboxWith((message) => (message.text === 'bad' ? refuse(message) : receive(message)))
    outbox.add('bad')
    outbox.add('good')
    await settle()
    expect(states(outbox)).toEqual(['refused', 'sent'])
  })

  it.each([401, 429, 503])('waits and repeats when the server answers %i', async (status) => {
    let answers = 0
    const { outbox } = outboxWith((message) => {
      answers += 1
      return answers === 1 ? Promise.reject(new Problem({ status, code: 'later', title: '' })) : receive(message)
    })
    outbox.add('patience')
    await settle()
    expect(states(outbox)).toEqual(['waiting'])
    await vi.advanceTimersByTimeAsync(FIRST_RETRY_MS)
    expect(states(outbox)).toEqual(['sent'])
  })

  it('follows what another tab wrote or sent', async () => {
    const { outbox, shelf } = outboxWith(offline)
    outbox.add('mine')
    await settle()
    outbox.stop()
    shelf.write([{ id: newId(), text: 'from the other tab', writtenAt: '2026-11-22T00:00:00Z', state: 'waiting' }])
    outbox.reread()
    expect(outbox.items.value.map((item) => item.text)).toEqual(['from the other tab'])
  })

  it('survives a store that holds something else', () => {
    for (const stored of ['null', '"x"', '[null, 3, {"id": 1}]']) {
      const shelf = new Shelf()
      shelf.stored = stored
      expect(outboxWith(receive, shelf).outbox.items.value).toEqual([])
    }
  })

  it('makes ids of 32 hex digits, each another', () => {
    expect(newId()).toMatch(/^[0-9a-f]{32}$/)
    expect(newId()).not.toBe(newId())
  })
})
