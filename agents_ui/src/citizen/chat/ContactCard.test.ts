import { flushPromises, mount } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { Problem, Unreachable } from '@/api/problem'
import { t } from '../language'
import * as requests from '../requests'
import ContactCard from './ContactCard.vue'
import { contactNote, maskedPhone } from './contactNote'

async function filled(name: string, phone: string) {
  const card = mount(ContactCard)
  await card.find('button.first').trigger('click')
  await card.find('#contact-name').setValue(name)
  await card.find('#contact-phone').setValue(phone)
  await card.find('form').trigger('submit')
  return card
}

describe('the question for name and phone', () => {
  beforeEach(() => {
    localStorage.clear()
    requests.visitor.value = `visitor-${Math.random()}`
  })

  it('reads back what was written before it saves it', async () => {
    const save = vi.spyOn(requests, 'saveContact').mockResolvedValue()
    const card = await filled('Ms Wang', '159 1234 7713')
    expect(save).not.toHaveBeenCalled()
    expect(card.find('dl').text()).toContain('159 1234 7713')
    await card.find('button.first').trigger('click')
    await flushPromises()
    expect(save).toHaveBeenCalledWith('Ms Wang', '159 1234 7713')
    expect(card.text()).toContain('159****7713')
    expect(contactNote.value.state).toBe('saved')
  })

  it('asks for at least one of the two, or nothing at all', async () => {
    const card = await filled('', '')
    expect(card.findAll('[role=alert]').map((one) => one.text())).toContain(t('contact.nothing'))
    await card.findAll('button').at(-1)!.trigger('click')
    expect(contactNote.value.state).toBe('skipped')
  })

  it('shows what the server says at its field and keeps what was written', async () => {
    const errors = [{ field: 'phone', code: 'phone_unknown', message: 'No such number.', params: {} }]
    const refused = new Problem({ status: 422, code: 'invalid_input', title: '', errors })
    vi.spyOn(requests, 'saveContact').mockRejectedValue(refused)
    const card = await filled('Ms Wang', '15912347713')
    await card.find('button.first').trigger('click')
    await flushPromises()
    expect(card.find('#contact-phone-wrong').text()).toBe('No such number.')
    expect((card.find('#contact-name').element as HTMLInputElement).value).toBe('Ms Wang')
  })

  it('says that nothing is lost when there is no connection', async () => {
    vi.spyOn(requests, 'saveContact').mockRejectedValue(new Unreachable('off'))
    const card = await filled('Ms Wang', '')
    await card.find('button.first').trigger('click')
    await flushPromises()
    expect(card.find('[role=alert]').text()).toBe(t('contact.failed', { reason: t('problem.offline') }))
  })

  it('hides the middle of the number it remembers', () => {
    expect(maskedPhone('+86 159-1234-7713')).not.toContain('1234')
    expect(maskedPhone('12345')).toBe('12345')
  })
})
