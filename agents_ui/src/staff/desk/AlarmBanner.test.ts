import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { atDesk } from '../desk.testing'
import AlarmBanner from './AlarmBanner.vue'
import type { Danger } from './reading'

const alarm: Danger = {
  id: 'a1',
  rule: 'U2',
  urgency: 'E0',
  state: 'raised',
  words: ['煤气味', '报警器响'],
  script: {
    'zh-CN': { name: '燃气险情', steps: ['不要开关任何电器。', '打开门窗通风。'] },
    en: { name: 'Gas leak', steps: ['Touch no switch.', 'Open the windows.'] },
  },
  calls: ['gas', '119'],
  evidence: { kind: 'message', id: 'm1', start: 2, end: 5, quote: '一股煤气味' },
  at: '2026-11-22T06:02:06Z',
  decided_by: null,
  decided_at: null,
  reason: null,
}

async function banner(changes: Partial<Danger> = {}, holds = true) {
  const decide = vi.fn(async () => true)
  const reading = { alarms: [{ ...alarm, ...changes }], decide, seek: vi.fn(), trouble: '', marks: new Map(), fields: {} }
  const { made, field } = await atDesk(AlarmBanner, {}, { reading, holds })
  return { made, field, decide }
}

function press(key: string, target: EventTarget = document.body, changes: KeyboardEventInit = {}): KeyboardEvent {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...changes })
  target.dispatchEvent(event)
  return event
}

enableAutoUnmount(afterEach)

describe('an alarm', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
    sessionStorage.clear()
    document.body.innerHTML = ''
  })

  it('says what was found by which rule, what to read out and whom to call, and leaves the focus alone', async () => {
    const { made, field } = await banner()
    expect(made.get('[role=alert]').text()).toBe('险情警报：燃气险情')
    expect(made.text()).toContain('规则 U2 命中「煤气味」「报警器响」')
    expect(made.findAll('li').map((one) => one.text())).toEqual(['1不要开关任何电器。空格', '2打开门窗通风。'])
    expect(made.text()).toContain('燃气公司抢险、119 消防')
    expect(document.activeElement).toBe(field)
  })

  it('quotes the words as they were said when they were said together', async () => {
    expect((await banner({ words: ['煤气', '味'] })).made.text()).toContain('命中「煤气味」')
  })

  it('is confirmed by one key, also while typing, but not by an input method’s', async () => {
    const { field, decide } = await banner()
    press('F7', field, { isComposing: true })
    expect(decide).not.toHaveBeenCalled()
    press('F7', field)
    await flushPromises()
    expect(decide).toHaveBeenCalledExactlyOnceWith('a1', null)
  })

  it('is not cancelled without a reason', async () => {
    const { made, decide } = await banner()
    await made.findAll('header button').find((one) => one.text() === '不是险情…')!.trigger('click')
    await made.get('form').trigger('submit')
    expect(decide).not.toHaveBeenCalled()
    await made.get('form input').setValue('邻居炒菜')
    await made.get('form').trigger('submit')
    expect(decide).toHaveBeenCalledExactlyOnceWith('a1', '邻居炒菜')
  })

  it('that was confirmed says by whom, and can be lifted', async () => {
    const { made, decide } = await banner({ state: 'confirmed', decided_by: '周静', decided_at: '2026-11-22T06:02:26Z' })
    expect(made.text()).toContain('周静 14:02:26 已确认险情')
    press('F7')
    expect(decide).not.toHaveBeenCalled()
    expect(made.text()).toContain('解除险情…')
  })

  it('that was cancelled is gone', async () => {
    expect((await banner({ state: 'cancelled' })).made.text()).toBe('')
  })

  it('is decided by nobody who does not hold the conversation', async () => {
    const { made, decide } = await banner({}, false)
    press('F7')
    expect(decide).not.toHaveBeenCalled()
    expect(made.findAll('header .btn')).toEqual([])
  })
})

describe('its script', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
    sessionStorage.clear()
    document.body.innerHTML = ''
  })
  const read = (made: Awaited<ReturnType<typeof banner>>['made']): string[] =>
    made.findAll('li button').map((one) => one.attributes('aria-pressed') ?? '')

  it('is ticked step by step with space, never while typing', async () => {
    const { made, field } = await banner()
    press(' ', field)
    await flushPromises()
    expect(read(made)).toEqual(['false', 'false'])
    expect(press(' ').defaultPrevented).toBe(true)
    await flushPromises()
    expect(read(made)).toEqual(['true', 'false'])
    press(' ')
    await flushPromises()
    expect(made.text()).toContain('全部念完')
  })

  it('is ticked after a click on a button, but not for whoever walks to the button with the keyboard', async () => {
    const { made } = await banner()
    const button = document.body.appendChild(document.createElement('button'))
    press('Tab')
    expect(press(' ', button).defaultPrevented).toBe(false)
    document.body.dispatchEvent(new Event('pointerdown', { bubbles: true }))
    expect(press(' ', button).defaultPrevented).toBe(true)
    await flushPromises()
    expect(read(made)).toEqual(['true', 'false'])
  })
})
