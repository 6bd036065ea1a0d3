import { describe, expect, it } from 'vitest'
import { go, pathOf, place, placeAt } from './route'

describe('the addresses of the citizen page', () => {
  it.each([
    ['/citizen', 'home'],
    ['/citizen/', 'home'],
    ['/citizen/chat', 'chat'],
    ['/citizen/track/', 'track'],
    ['/citizen/elsewhere', 'home'],
  ])('%s is %s', (path, name) => {
    expect(placeAt(path)).toBe(name)
  })

  it('change with the page, so that back and reload work', async () => {
    await go('chat')
    expect([place.value, location.pathname]).toEqual(['chat', pathOf('chat')])
  })
})
