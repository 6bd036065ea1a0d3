import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import type { BudgetView, MessageView } from '@/api/types'
import { createLanguages } from '@/i18n/language'
import { catalogues } from '../messages'
import BudgetNote from './BudgetNote.vue'
import MessageEnclosures from './MessageEnclosures.vue'

const message: MessageView = {
  id: 'm',
  version: 1,
  seq: 1,
  author: 'citizen',
  author_name: null,
  kind: 'text',
  text: '[图片]',
  payload: null,
  attachments: [],
  location: null,
  delivery: null,
  at: '2026-11-22T06:03:00Z',
  client_id: null,
}
const picture: MessageView['attachments'][number] = {
  id: 'a',
  kind: 'image',
  state: 'ready',
  reason: null,
  mime: 'image/jpeg',
  size: 1,
  url: '/api/conversations/c/attachments/a',
  original_url: '/api/conversations/c/attachments/a',
}
const global = { plugins: [createLanguages(catalogues)] }
const shown = (changes: Partial<MessageView>) =>
  mount(MessageEnclosures, { props: { message: { ...message, ...changes } }, global })
const note = (budget: BudgetView) => mount(BudgetNote, { props: { budget }, global })

describe('what comes with a message', () => {
  it('shows pictures and plays sounds', () => {
    const sound = { ...picture, id: 'b', kind: 'voice' as const, mime: 'audio/wav' }
    const it = shown({ attachments: [picture, sound] })
    expect(it.get('img').attributes('src')).toBe(picture.url)
    expect(it.get('audio').attributes('src')).toBe(sound.url)
  })

  it('says what is on its way and what is lost', () => {
    const waiting = { ...picture, state: 'waiting' as const, url: null, original_url: null }
    expect(shown({ attachments: [waiting] }).text()).toBe('图片正在取回')
    const lost = { ...waiting, state: 'lost' as const, reason: 'expired' }
    expect(shown({ attachments: [lost] }).text()).toBe('图片: 平台已不再保存')
  })

  it('tells whether an answer was sent, and why not', () => {
    expect(shown({ delivery: { state: 'sent', code: null } }).text()).toBe('已送达平台')
    const refused = shown({ delivery: { state: 'refused', code: 'budget_spent' } })
    expect(refused.get('.trouble').text()).toBe('未送达: 平台允许的条数已用完')
    expect(shown({}).html()).toBe('<!--v-if-->')
  })
})

describe('the budget', () => {
  it('tells how many are left and until when', () => {
    const left = note({ left: 3, most: 5, ends_at: '2030-01-02T03:04:05Z', reason: '' })
    expect(left.text()).toBe('还可发 3 条（共 5 条），2030-01-02 11:04 前有效')
    expect(left.attributes('role')).toBeUndefined()
  })

  it('says what to do when nothing is left', () => {
    const spent = note({ left: 0, most: 5, ends_at: null, reason: 'spent' })
    expect(spent.text()).toContain('请改用电话')
    expect(spent.attributes('role')).toBe('alert')
  })
})
