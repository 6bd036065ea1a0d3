import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { DeskItem } from '@/api/types'
import { atDesk } from '../desk.testing'
import OfferPill from './OfferPill.vue'

const offer: DeskItem = {
  id: 'c1',
  version: 1,
  conversation_id: 'c1',
  channel: 'web',
  state: 'offered',
  priority: 1,
  waiting_since: '2026-11-22T06:00:00Z',
  offered_to: 'me',
  offer_expires_at: '2026-11-22T06:00:20Z',
  taken_by: null,
  unattended: false,
  contact: { name: '李**', phone: null },
  preview: '暖气不热',
  alarm: null,
  kind: 'offer',
  last_author: 'citizen',
  last_seq: 1,
  last_at: '2026-11-22T06:00:00Z',
}

const pill = (offers: DeskItem[]) => atDesk(OfferPill, { 'my.desk': offers })

enableAutoUnmount(afterEach)

describe('an offer', () => {
  beforeEach(() => vi.useFakeTimers({ now: Date.parse('2026-11-22T06:00:05Z'), toFake: ['Date'] }))

  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
    document.body.innerHTML = ''
  })

  it('is announced with who it is and the time that is left', async () => {
    const { made } = await pill([offer])
    expect(made.get('[role=status]').text()).toContain('李**：暖气不热')
    expect(made.text()).toContain('剩 15 秒')
  })

  it('leaves the focus where the agent is writing', async () => {
    const { field } = await pill([offer])
    expect(document.activeElement).toBe(field)
  })

  it('is taken with F2, also while writing, but not while an input method composes', async () => {
    const { agent, field, router } = await pill([offer])
    const accept = vi.spyOn(agent, 'accept').mockResolvedValue('c1')
    field.dispatchEvent(new KeyboardEvent('keydown', { key: 'F2', bubbles: true, isComposing: true }))
    expect(accept).not.toHaveBeenCalled()
    field.dispatchEvent(new KeyboardEvent('keydown', { key: 'F2', bubbles: true }))
    await flushPromises()
    expect(accept).toHaveBeenCalledWith('c1')
    expect(router.currentRoute.value.name).toBe('desk')
  })

  it('that there is none shows nothing', async () => {
    const { made } = await pill([])
    expect(made.text()).toBe('')
  })
})
