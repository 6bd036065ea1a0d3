import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Ringer } from './ringer'

/** A browser's sound, which stays locked until a person has done something. */
function sound() {
  const made = { isUnlocked: true, sources: [] as { loop: boolean; stop: ReturnType<typeof vi.fn> }[], sink: '', isPlaying: false }
  class Context {
    state: string = made.isUnlocked ? 'running' : 'suspended'
    sampleRate = 8000

    resume(): Promise<void> {
      if (made.isUnlocked) this.state = 'running'
      return Promise.resolve()
    }

    createMediaStreamDestination() {
      return { stream: {} }
    }

    createBuffer() {
      return { copyToChannel: () => undefined }
    }

    createBufferSource() {
      const source = { loop: false, buffer: null, connect: () => undefined, start: () => undefined, stop: vi.fn() }
      made.sources.push(source)
      return source
    }
  }
  class Element {
    srcObject = null

    setSinkId(id: string): Promise<void> {
      if (id === 'gone') return Promise.reject(new DOMException('no such device', 'NotFoundError'))
      made.sink = id
      return Promise.resolve()
    }

    play(): Promise<void> {
      made.isPlaying = true
      return Promise.resolve()
    }

    pause(): void {
      made.isPlaying = false
    }
  }
  vi.stubGlobal('AudioContext', Context)
  vi.stubGlobal('Audio', Element)
  return made
}

const settled = flushPromises

describe('the ring of the desk', () => {
  beforeEach(() => vi.spyOn(console, 'info').mockReturnValue(undefined))

  afterEach(() => {
    vi.unstubAllGlobals()
    vi.restoreAllMocks()
  })

  it('comes from the chosen device, over and over until it is stopped', async () => {
    const made = sound()
    const ringer = new Ringer('headset')
    ringer.start()
    await settled()
    expect(made).toMatchObject({ sink: 'headset', isPlaying: true })
    expect(made.sources).toHaveLength(1)
    expect(made.sources[0]?.loop).toBe(true)
    ringer.stop()
    expect(made.sources[0]?.stop).toHaveBeenCalled()
    expect(made.isPlaying).toBe(false)
  })

  it('moves to another device while it rings', async () => {
    const made = sound()
    const ringer = new Ringer(null)
    ringer.start()
    await settled()
    await ringer.use('loudspeaker')
    expect(made).toMatchObject({ sink: 'loudspeaker', isPlaying: true })
  })

  it('comes from the usual device when the chosen one was unplugged', async () => {
    const made = sound()
    const ringer = new Ringer('headset')
    await ringer.use('gone')
    ringer.start()
    await settled()
    expect(made).toMatchObject({ sink: '', isPlaying: true })
  })

  it('that the browser held back begins with the first click, and only once', async () => {
    const made = sound()
    made.isUnlocked = false
    const ringer = new Ringer(null)
    ringer.start()
    await settled()
    expect(ringer.isRinging).toBe(false)
    made.isUnlocked = true
    await ringer.unlock()
    await ringer.unlock()
    expect(ringer.isRinging).toBe(true)
    expect(made.sources).toHaveLength(1)
  })

  it('that was stopped before it was let through stays silent', async () => {
    const made = sound()
    made.isUnlocked = false
    const ringer = new Ringer(null)
    ringer.start()
    ringer.stop()
    made.isUnlocked = true
    await ringer.unlock()
    expect(made.sources).toHaveLength(0)
  })
})
