import { describe, expect, it } from 'vitest'
import { language, speak, t, textFor } from './language'

describe('the language of the citizen page', () => {
  it('changes at once and is remembered for the staff pages too', () => {
    speak('en')
    expect(t('chat.send')).toBe('Send')
    expect(localStorage.getItem('hotline.language')).toBe('en')
    speak('zh-CN')
    expect(language.value).toBe('zh-CN')
    expect(t('chat.send')).not.toBe('Send')
  })

  it('fills in what is given and leaves markup alone', () => {
    speak('en')
    expect(t('home.mine', { title: '<b>{n}</b>' })).toBe('Mine: <b>{n}</b>')
    expect(t('outgoing.offline', { n: 2 })).toBe('Offline · 2 waiting')
  })

  it('has no words for a code it does not know', () => {
    expect(textFor('step', 'closed')).not.toBeNull()
    expect(textFor('step', 'not_a_step')).toBeNull()
  })
})
