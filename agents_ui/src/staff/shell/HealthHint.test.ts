import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { PartView } from '@/api/types'
import { atDesk } from '../desk.testing'
import { useHealth } from '../health'
import PhoneMenu from '../phone/PhoneMenu.vue'
import HealthHint from './HealthHint.vue'

const OK: PartView = { state: 'ok', detail: 'sqlite', code: '', params: {} }
const part = (changes: Partial<PartView>): PartView => ({ ...OK, state: 'absent', detail: 'in English', ...changes })

async function opened(component: typeof HealthHint | typeof PhoneMenu, parts: Record<string, PartView>) {
  const health = { status: 'degraded', parts: { database: OK, ...parts } }
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json(health)))
  const { made } = await atDesk(component, {})
  await useHealth().look()
  await flushPromises()
  const button = made.find('button')
  if (button.exists()) await button.trigger('click')
  return made
}

enableAutoUnmount(afterEach)
afterEach(() => vi.unstubAllGlobals())

describe('the health of the parts', () => {
  it('says why there are no lines, in the language of the page, and behind it what the server says', async () => {
    const params = { reason: "Could not resolve 'archive.invalid'" }
    const made = await opened(HealthHint, { telephony: part({ code: 'unfetchable', params }) })
    expect(made.text()).toContain("取不到电话交换机：Could not resolve 'archive.invalid'")
    expect(made.get('small[lang=en]').text()).toBe('in English')
  })

  it('shows what the server says where the page knows no words for the reason', async () => {
    const made = await opened(HealthHint, { telephony: part({ state: 'down', code: 'new_reason' }) })
    expect(made.get('.why').text()).toBe('in English')
  })

  it('names every part and says that it works in part', async () => {
    const ill = part({ state: 'degraded' })
    const made = await opened(HealthHint, { recordings: ill, wechat: ill, speech: ill, classifier: ill })
    const names = made.findAll('.part').map((one) => one.text())
    expect(names.slice(1)).toEqual(['通话录音部分可用', '微信部分可用', '语音转写部分可用', '智能分类部分可用'])
  })

  it('gives no reason for what is well', async () => {
    const made = await opened(HealthHint, { telephony: part({ code: 'starting', state: 'degraded' }) })
    expect(made.findAll('.why')).toHaveLength(1)
  })
})

describe('the phone of a desk without lines', () => {
  it('says why there are none', async () => {
    const made = await opened(PhoneMenu, { telephony: part({ code: 'other_system', params: { system: 'Windows' } }) })
    expect(made.text()).toContain('没有电话线路')
    expect(made.text()).toContain('这台服务器（Windows）没有安装电话交换机')
  })

  it('is not missed where lines are switched off', async () => {
    expect((await opened(PhoneMenu, { telephony: part({ code: 'switched_off' }) })).text()).toBe('')
  })
})
