import { describe, expect, it } from 'vitest'
import { usePages, type Page } from './usePages'

function answers(): { ask: (cursor: string | null) => Promise<Page<string>>; give: ((page: Page<string>) => void)[] } {
  const give: ((page: Page<string>) => void)[] = []
  return { give, ask: () => new Promise((resolve) => give.push(resolve)) }
}

describe('a list in pages', () => {
  it('adds what follows to what is shown, until there is no more', async () => {
    const pages = usePages((cursor) =>
      Promise.resolve(cursor === null ? { items: ['a'], next: 'x' } : { items: ['b'], next: null }),
    )
    await pages.reload()
    expect([pages.items.value, pages.hasMore.value]).toEqual([['a'], true])
    await pages.more()
    expect([pages.items.value, pages.hasMore.value]).toEqual([['a', 'b'], false])
    await pages.more()
    expect(pages.items.value).toEqual(['a', 'b'])
  })

  it('drops the answer to an older question', async () => {
    const { ask, give } = answers()
    const pages = usePages(ask)
    const first = pages.reload()
    const second = pages.reload()
    give[1]!({ items: ['new'], next: null })
    give[0]!({ items: ['old'], next: null })
    await Promise.all([first, second])
    expect(pages.items.value).toEqual(['new'])
  })

  it('keeps what it showed when a later question fails', async () => {
    let isDown = false
    const pages = usePages(() => (isDown ? Promise.reject(new Error('down')) : Promise.resolve({ items: ['a'], next: null })))
    await pages.reload()
    isDown = true
    await pages.reload()
    expect(pages.items.value).toEqual(['a'])
    expect(pages.failure.value).toBeInstanceOf(Error)
  })
})
