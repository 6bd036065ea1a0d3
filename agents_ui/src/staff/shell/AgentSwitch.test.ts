import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { AgentStateView } from '@/api/types'
import { atDesk } from '../desk.testing'
import AgentSwitch from './AgentSwitch.vue'

const ready: AgentStateView = {
  ...{ user_id: 'me', state: 'ready', reason: null, since: '2026-11-22T06:00:00Z', serving: 0, version: 1 },
  ...{ activity: null, activity_since: null, activity_until: null },
}
const asked: { state: string; reason: string | null }[] = []

/** A server that takes every word of the agent. */
function answers(request: Request): Promise<Response> {
  return request.json().then((word: { state: 'ready' | 'busy'; reason: string | null }) => {
    asked.push(word)
    return Response.json({ ...ready, ...word, version: 1 + asked.length })
  })
}

const pressF8 = async (): Promise<void> => {
  window.dispatchEvent(new KeyboardEvent('keydown', { key: 'F8' }))
  await flushPromises()
}

enableAutoUnmount(afterEach)

describe('the switch of the agent', () => {
  beforeEach(() => {
    asked.length = 0
    vi.useFakeTimers({ now: Date.parse('2026-11-22T06:00:05Z'), toFake: ['Date'] })
    vi.stubGlobal('fetch', answers)
  })

  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
    document.body.innerHTML = ''
  })

  it('goes busy with F8 at once, asks for the reason afterwards, and takes no focus', async () => {
    const { made, field } = await atDesk(AgentSwitch, { 'my.agent': [ready] })
    expect(made.text()).toContain('示闲')
    await pressF8()
    expect(asked).toEqual([{ state: 'busy', reason: null }])
    expect(document.activeElement).toBe(field)
    await made.get('.reasons').findAll('button')[1]?.trigger('click')
    await flushPromises()
    expect(asked.at(-1)).toEqual({ state: 'busy', reason: 'meal' })
    expect(made.find('.reasons').exists()).toBe(false)
    expect(made.text()).toContain('示忙用餐')
  })

  it('goes ready again with F8, whether or not a reason was given', async () => {
    const { made } = await atDesk(AgentSwitch, { 'my.agent': [ready] })
    await pressF8()
    await pressF8()
    expect(asked.at(-1)).toMatchObject({ state: 'ready' })
    expect(made.find('.reasons').exists()).toBe(false)
  })

  it('shows a reason that it has no word for as it is', async () => {
    const busy: AgentStateView = { ...ready, state: 'busy', reason: 'fire drill' }
    const { made } = await atDesk(AgentSwitch, { 'my.agent': [busy] })
    expect(made.text()).toContain('fire drill')
  })

  it('ends a wrap-up by going ready, or busy for a reason', async () => {
    const wrapUp = { ...ready, activity: 'wrap_up', activity_since: ready.since, activity_until: '2026-11-22T06:01:00Z' }
    const { made } = await atDesk(AgentSwitch, { 'my.agent': [wrapUp] })
    expect(made.text()).toContain('转示闲')
    await made.get('.opener').trigger('click')
    await made.get('.reasons').findAll('button')[0]?.trigger('click')
    await flushPromises()
    expect(asked).toEqual([{ state: 'busy', reason: 'break' }])
  })
})
