import { enableAutoUnmount, mount } from '@vue/test-utils'
import { afterEach, describe, expect, it } from 'vitest'
import SendBox from './SendBox.vue'

enableAutoUnmount(afterEach)

function box(whyNot: string | null = null, written = '路灯不亮') {
  const made = mount(SendBox, {
    props: {
      ...{ label: '回复市民', action: '发送', whyNot, modelValue: written },
      'onUpdate:modelValue': (text: string) => void made.setProps({ modelValue: text }),
    },
  })
  const press = (more: Record<string, unknown> = {}) => made.get('textarea').trigger('keydown', { key: 'Enter', ...more })
  return { made, press }
}

describe('the box in which agents write', () => {
  it('sends with Enter what was written, and is empty again', async () => {
    const { made, press } = box(null, '  路灯不亮 ')
    await press()
    expect(made.emitted('send')).toEqual([['路灯不亮']])
    expect(made.get('textarea').element.value).toBe('')
  })

  it.each([
    ['breaks a line', { shiftKey: true }],
    ['belongs to the case form', { ctrlKey: true }],
    ['chooses in an input method', { isComposing: true }],
    ['was swallowed by an input method', { keyCode: 229 }],
  ])('does not send with the Enter that %s', async (_what, event) => {
    const { made, press } = box()
    await press(event)
    expect(made.emitted('send')).toBeUndefined()
  })

  it('says why nothing can be written, and sends nothing', async () => {
    const { made } = box('会话已结束')
    expect(made.get('textarea').attributes()).toMatchObject({ placeholder: '会话已结束' })
    await made.get('form').trigger('submit')
    expect(made.emitted('send')).toBeUndefined()
  })

  it('sends no blank', async () => {
    const { made, press } = box(null, '   ')
    await press()
    expect(made.emitted('send')).toBeUndefined()
  })
})
