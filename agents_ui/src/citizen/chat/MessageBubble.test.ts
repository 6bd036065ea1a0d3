import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import type { Message } from '../shapes'
import MessageBubble from './MessageBubble.vue'

const message: Message = {
  id: 'm',
  version: 1,
  seq: 1,
  author: 'agent',
  author_name: 'Zhou',
  kind: 'text',
  text: 'hello',
  payload: null,
  attachments: [],
  location: null,
  delivery: null,
  at: '2026-11-22T06:03:00Z',
  client_id: null,
}

describe('a message of the conversation', () => {
  it('shows markup as the text it is', () => {
    const text = '<script>alert(1)</script><img src=x onerror=alert(1)>'
    const bubble = mount(MessageBubble, { props: { message: { ...message, text } } })
    expect(bubble.find('.text').text()).toBe(text)
    expect(bubble.find('script, img').exists()).toBe(false)
  })

  it('says who wrote it and when, by the clock of the city', () => {
    const bubble = mount(MessageBubble, { props: { message } })
    expect(bubble.text()).toContain('Zhou')
    expect(bubble.find('time').text()).toBe('14:03')
  })
})
