import { describe, expect, it, vi } from 'vitest'
import { renewIn, retryIn } from './account'
import { EarlyEnd } from './candidates'

describe('an account', () => {
  it('is renewed well before it ends', () => {
    expect(renewIn(new Date(600_000).toISOString(), 0)).toBe(420_000)
  })

  it('is renewed neither at once nor never when the clocks differ', () => {
    expect(renewIn(new Date(0).toISOString(), 9_000_000)).toBe(20_000)
    expect(renewIn(new Date(900_000_000).toISOString(), 0)).toBe(2_400_000)
    expect(renewIn('no date', 0)).toBe(20_000)
  })

  it('that was not given is asked for again, ever more patiently', () => {
    expect([1, 2, 3, 9].map(retryIn)).toEqual([1000, 2000, 3000, 3000])
  })
})

describe('the search for addresses', () => {
  function search() {
    let pending: (() => void) | null = null
    const early = new EarlyEnd((milliseconds, then) => {
      expect(milliseconds).toBe(150)
      pending = then
      return () => (pending = null)
    })
    return { early, quiet: () => pending?.() }
  }

  it('ends once nothing was found for a while', () => {
    const { early, quiet } = search()
    const [first, second] = [vi.fn(), vi.fn()]
    early.found(first)
    early.found(second)
    quiet()
    expect(first).not.toHaveBeenCalled()
    expect(second).toHaveBeenCalledTimes(1)
  })

  it('sends nothing for a call that is over', () => {
    const { early, quiet } = search()
    const ready = vi.fn()
    early.found(ready)
    early.forget()
    quiet()
    expect(ready).not.toHaveBeenCalled()
  })
})
