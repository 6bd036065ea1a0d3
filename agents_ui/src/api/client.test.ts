import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { api, reply, setCsrf, whenSignedOut } from './client'
import { Problem, Unreachable } from './problem'

function answering(status: number, body: unknown, type = 'application/json'): void {
  vi.stubGlobal(
    'fetch',
    vi.fn(async () => new Response(JSON.stringify(body), { status, headers: { 'Content-Type': type } })),
  )
}

function sent(): Request {
  return vi.mocked(fetch).mock.calls[0]![0] as Request
}

describe('the client', () => {
  beforeEach(() => {
    document.documentElement.lang = 'en'
  })

  afterEach(() => {
    vi.unstubAllGlobals()
    setCsrf(null)
    whenSignedOut(() => undefined)
  })

  it('asks in the language of the page and proves changes with the token', async () => {
    answering(200, {})
    setCsrf('secret')
    await reply(api.POST('/api/session', { body: { account: 'a', password: 'b' } }))
    expect(sent().headers.get('Accept-Language')).toBe('en')
    expect(sent().headers.get('X-CSRF-Token')).toBe('secret')
  })

  it('sends no token with a request that only reads', async () => {
    answering(200, {})
    setCsrf('secret')
    await reply(api.GET('/api/session'))
    expect(sent().headers.has('X-CSRF-Token')).toBe(false)
  })

  it('throws what the server said, with the message of each field', async () => {
    const errors = [{ field: 'title', code: 'field_missing', message: 'Write a title', params: {} }]
    answering(422, { title: 'Wrong', status: 422, code: 'invalid', params: {}, errors }, 'application/problem+json')
    const problem = await reply(api.GET('/api/session')).catch((thrown: unknown) => thrown)
    expect(problem).toBeInstanceOf(Problem)
    expect((problem as Problem).field('title')).toBe('Write a title')
    expect((problem as Problem).field('content')).toBeNull()
    expect((problem as Problem).outside(['title'])).toEqual([])
  })

  it('tells when the session is gone', async () => {
    const gone = vi.fn()
    whenSignedOut(gone)
    answering(401, { title: 'Sign in', status: 401, code: 'not_signed_in' })
    await expect(reply(api.GET('/api/session'))).rejects.toThrow('Sign in')
    expect(gone).toHaveBeenCalledOnce()
  })

  it('calls a broken network unreachable, not refused', async () => {
    vi.stubGlobal('fetch', vi.fn().mockRejectedValue(new TypeError('failed')))
    await expect(reply(api.GET('/api/session'))).rejects.toBeInstanceOf(Unreachable)
  })
})
