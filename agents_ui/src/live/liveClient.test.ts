import { describe, expect, it, vi } from 'vitest'
import type { Entity } from './changes'
import { LiveClient, type LiveStatus, type Socket } from './liveClient'

/** The server's end of a socket. */
class Wire implements Socket {
  onopen: Socket['onopen'] = null
  onmessage: Socket['onmessage'] = null
  onclose: Socket['onclose'] = null
  sent: Record<string, unknown>[] = []
  isClosed = false

  send(data: string): void {
    this.sent.push(JSON.parse(data) as Record<string, unknown>)
  }

  close(): void {
    this.isClosed = true
  }

  says(message: unknown): void {
    this.onmessage?.({ data: JSON.stringify(message) })
  }
}

function setUp(random = 1) {
  const wires: Wire[] = []
  const waits: { milliseconds: number; then: () => void }[] = []
  const statuses: LiveStatus[] = []
  const onLost = vi.fn()
  const client = new LiveClient({
    open: () => wires[wires.push(new Wire()) - 1]!,
    onLost,
    wait(milliseconds, then) {
      waits.push({ milliseconds, then })
      return () => undefined
    },
    random: () => random,
  })
  client.onStatus = (status) => statuses.push(status)
  client.start()
  return { client, wires, waits, statuses, onLost, wire: () => wires.at(-1)! }
}

const item = (id: string, version: number, word: string): Entity => ({ id, version, data: word })
const shownIn = (calls: readonly Entity[][]): string[] => calls.at(-1)!.map((e) => `${e.id}:${String(e.data)}`)

function watching(client: LiveClient, feed = 'queue', key: string | null = null) {
  const seen: Entity[][] = []
  const refused: string[] = []
  const end = client.watch(feed, key, {
    changed: (shown) => seen.push([...shown.values()]),
    refused: (code) => refused.push(code),
  })
  return { seen, refused, end }
}

describe('watching a feed', () => {
  it('asks once the socket is open, with the key when there is one', () => {
    const { client, wire } = setUp()
    watching(client, 'case', 'LL20261122-00031-2')
    expect(wire().sent).toEqual([])
    wire().onopen!()
    expect(wire().sent).toEqual([{ type: 'watch', watch: '1', feed: 'case', key: 'LL20261122-00031-2' }])
  })

  it('shows the snapshot, then the changes: a newer version wins, an older one is ignored', () => {
    const { client, wire } = setUp()
    const { seen } = watching(client)
    wire().onopen!()
    wire().says({ type: 'snapshot', watch: '1', cursor: 1, entities: [item('a', 2, 'two'), item('b', 1, 'one')] })
    expect(shownIn(seen)).toEqual(['a:two', 'b:one'])
    wire().says({ type: 'changes', watch: '1', cursor: 2, upserts: [item('a', 1, 'old'), item('c', 1, 'new')], removes: ['b'] })
    expect(shownIn(seen)).toEqual(['a:two', 'c:new'])
    wire().says({ type: 'changes', watch: '1', cursor: 3, upserts: [item('a', 3, 'three')], removes: [] })
    expect(shownIn(seen)).toEqual(['a:three', 'c:new'])
  })

  it('keeps a change that overtook the snapshot', () => {
    const { client, wire } = setUp()
    const { seen } = watching(client)
    wire().onopen!()
    wire().says({ type: 'changes', watch: '1', cursor: 2, upserts: [item('a', 2, 'newer')], removes: [] })
    expect(seen).toEqual([])
    wire().says({ type: 'snapshot', watch: '1', cursor: 1, entities: [item('a', 1, 'older')] })
    expect(shownIn(seen)).toEqual(['a:newer'])
  })

  it('says when it may not be seen, and goes on with the others', () => {
    const { client, wire } = setUp()
    const first = watching(client, 'queue')
    const second = watching(client, 'cases')
    wire().onopen!()
    wire().says({ type: 'refused', watch: '1', code: 'not_found' })
    wire().says({ type: 'snapshot', watch: '2', cursor: 1, entities: [item('a', 1, 'seen')] })
    expect(first.refused).toEqual(['not_found'])
    expect(shownIn(second.seen)).toEqual(['a:seen'])
  })

  it('tells the server when it ends, and hears no more', () => {
    const { client, wire } = setUp()
    const { seen, end } = watching(client)
    wire().onopen!()
    end()
    wire().says({ type: 'snapshot', watch: '1', cursor: 1, entities: [] })
    expect(wire().sent.at(-1)).toEqual({ type: 'unwatch', watch: '1' })
    expect(seen).toEqual([])
  })
})

describe('a broken connection', () => {
  it('is tried again after longer and longer waits, up to three seconds', () => {
    const { wire, waits, onLost } = setUp()
    for (let round = 0; round < 8; round += 1) {
      wire().onclose!({ code: 1006 })
      waits.at(-1)!.then()
    }
    expect(waits.map((w) => w.milliseconds)).toEqual([500, 1000, 2000, 3000, 3000, 3000, 3000, 3000])
    expect(onLost).toHaveBeenCalledTimes(8)
  })

  it('spreads the desks: the wait is shortened by chance, down to half', () => {
    const { wire, waits } = setUp(0)
    wire().onclose!({ code: 1006 })
    expect(waits[0]!.milliseconds).toBe(250)
  })

  it('begins every watch again, and the new snapshot replaces what was shown', () => {
    const { client, wire, waits, statuses } = setUp()
    const { seen } = watching(client)
    wire().onopen!()
    wire().says({ type: 'snapshot', watch: '1', cursor: 1, entities: [item('a', 1, 'one'), item('b', 1, 'one')] })
    wire().onclose!({ code: 1006 })
    expect(shownIn(seen)).toEqual(['a:one', 'b:one'])
    waits[0]!.then()
    wire().onopen!()
    expect(wire().sent).toEqual([{ type: 'watch', watch: '1', feed: 'queue' }])
    wire().says({ type: 'snapshot', watch: '1', cursor: 1, entities: [item('b', 1, 'one')] })
    expect(shownIn(seen)).toEqual(['b:one'])
    expect(statuses).toEqual(['open', 'offline', 'open'])
  })

  it('counts its waits from the beginning once the server has spoken', () => {
    const { client, wire, waits } = setUp()
    watching(client)
    wire().onclose!({ code: 1006 })
    waits[0]!.then()
    wire().onopen!()
    wire().says({ type: 'snapshot', watch: '1', cursor: 1, entities: [] })
    wire().onclose!({ code: 1006 })
    expect(waits.at(-1)!.milliseconds).toBe(500)
  })

  it('that the server asked for is made again at once, without alarm', () => {
    const { client, wire, waits, statuses } = setUp()
    watching(client)
    wire().onopen!()
    wire().says({ type: 'snapshot', watch: '1', cursor: 1, entities: [] })
    wire().onclose!({ code: 4008 })
    expect(waits[0]!.milliseconds).toBe(0)
    expect(statuses).toEqual(['open'])
  })

  it('is not waited for when the network comes back', () => {
    const { client, wires, wire } = setUp()
    wire().onclose!({ code: 1006 })
    client.retryNow()
    expect(wires).toHaveLength(2)
  })

  it('stays closed when it was stopped', () => {
    const { client, wire, waits } = setUp()
    wire().onopen!()
    client.stop()
    wire().onclose?.({ code: 1000 })
    expect(wire().isClosed).toBe(true)
    expect(waits).toEqual([])
  })
})
