import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { askForNotices, noticePermission, showNotice } from './notice'

const shown: FakeNotice[] = []

class FakeNotice {
  static permission: NotificationPermission = 'granted'
  static requestPermission = vi.fn(() => Promise.resolve('granted'))
  onclick: (() => void) | null = null
  close = vi.fn()

  constructor(
    readonly title: string,
    readonly options: NotificationOptions,
  ) {
    shown.push(this)
  }
}

describe('a notice of the desktop', () => {
  const focus = vi.fn()

  beforeEach(() => {
    shown.length = 0
    focus.mockClear()
    FakeNotice.permission = 'granted'
    vi.stubGlobal('Notification', FakeNotice)
    vi.spyOn(window, 'focus').mockImplementation(focus)
    vi.spyOn(document, 'hasFocus').mockReturnValue(false)
  })

  afterEach(() => {
    vi.unstubAllGlobals()
    vi.restoreAllMocks()
  })

  it('stays until it is dealt with, and its click brings the desk to the front', () => {
    const open = vi.fn()
    showNotice('来电 138****2046', '可能是李桂兰', open)
    expect(shown[0]).toMatchObject({ title: '来电 138****2046', options: { body: '可能是李桂兰', requireInteraction: true } })
    expect(focus).not.toHaveBeenCalled()
    shown[0]?.onclick?.()
    expect(focus).toHaveBeenCalledOnce()
    expect(open).toHaveBeenCalledOnce()
    expect(shown[0]?.close).toHaveBeenCalled()
  })

  it('goes away when the call was taken', () => {
    showNotice('来电', '', () => undefined)()
    expect(shown[0]?.close).toHaveBeenCalledOnce()
  })

  it('is not shown over the desk itself', () => {
    vi.mocked(document.hasFocus).mockReturnValue(true)
    showNotice('来电', '', () => undefined)()
    expect(shown).toEqual([])
  })

  it('needs the permission, which is asked for only on demand', async () => {
    FakeNotice.permission = 'default'
    showNotice('来电', '', () => undefined)()
    expect(shown).toEqual([])
    expect(FakeNotice.requestPermission).not.toHaveBeenCalled()
    expect(noticePermission()).toBe('default')
    expect(await askForNotices()).toBe('granted')
  })
})
