import { describe, expect, it } from 'vitest'
import { OneTab, type Locks } from './oneTab'

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
}

/** One lock that pages wait for in turn, and that can be stolen, as browsers have it. */
class OneLock implements Locks {
  private holder: { reject: (reason: unknown) => void } | null = null
  private readonly queue: (() => void)[] = []

  request(_name: string, options: LockOptions, held: (lock: unknown) => Promise<void> | void): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        const me = { reject }
        this.holder = me
        void Promise.resolve(held({})).then(() => {
          resolve(undefined)
          if (this.holder !== me) return
          this.holder = null
          this.queue.shift()?.()
        })
      }
      options.signal?.addEventListener('abort', () => {
        this.queue.splice(this.queue.indexOf(begin), this.queue.includes(begin) ? 1 : 0)
        reject(new DOMException('given up', 'AbortError'))
      })
      if (options.steal) {
        this.holder?.reject(new DOMException('stolen', 'AbortError'))
        begin()
      } else if (this.holder) this.queue.push(begin)
      else begin()
    })
  }
}

function page(locks: Locks) {
  const seen: boolean[] = []
  const tab = new OneTab((mine) => seen.push(mine), locks)
  tab.begin()
  return { tab, has: () => seen.at(-1) }
}

describe('the one phone of a browser', () => {
  it('belongs to the first page; the second has it once the first is closed', async () => {
    const locks = new OneLock()
    const [first, second] = [page(locks), page(locks)]
    await settled()
    expect([first.has(), second.has()]).toEqual([true, false])
    first.tab.end()
    await settled()
    expect(second.has()).toBe(true)
  })

  it('is taken over, and comes back when the taker is closed', async () => {
    const locks = new OneLock()
    const [first, second] = [page(locks), page(locks)]
    await settled()
    second.tab.takeOver()
    await settled()
    expect([first.has(), second.has()]).toEqual([false, true])
    second.tab.end()
    await settled()
    expect(first.has()).toBe(true)
  })
})
