/** Microphone and loudspeaker of the browser. */
import type { PhoneTrouble } from './model'

/** The microphone cannot be opened; `trouble` says why, for the reader. */
export class MediaProblem extends Error {
  constructor(readonly trouble: PhoneTrouble) {
    super(trouble)
    this.name = 'MediaProblem'
  }
}

const REASONS: Readonly<Record<string, PhoneTrouble>> = {
  NotAllowedError: 'microphone_denied',
  SecurityError: 'microphone_denied',
  NotFoundError: 'microphone_absent',
  OverconstrainedError: 'microphone_absent',
  NotReadableError: 'microphone_busy',
  AbortError: 'microphone_busy',
}

/** Whether pages from here may use a microphone at all: only over HTTPS, or on this very computer. */
export function mayUseMedia(): boolean {
  return window.isSecureContext && typeof navigator.mediaDevices?.getUserMedia === 'function'
}

/** Opens a microphone, the chosen one when it is there. Throws `MediaProblem`. */
export async function openMicrophone(deviceId: string | null): Promise<MediaStream> {
  if (!mayUseMedia()) throw new MediaProblem('insecure')
  // Wished for, not required: a headset that was unplugged must not cost a call.
  const wanted = deviceId ? { deviceId: { ideal: deviceId } } : {}
  const audio = { ...wanted, echoCancellation: true, noiseSuppression: true, autoGainControl: true }
  try {
    return await navigator.mediaDevices.getUserMedia({ audio })
  } catch (thrown) {
    if (!(thrown instanceof DOMException)) throw thrown
    throw new MediaProblem(REASONS[thrown.name] ?? 'microphone_busy')
  }
}

type WithSink = HTMLAudioElement & { setSinkId?: (id: string) => Promise<void> }

/** Sends the sound of an element to a device where the browser can; one that is gone falls back to the usual one. */
export async function sendTo(element: HTMLAudioElement, deviceId: string | null): Promise<void> {
  const sink = element as WithSink
  if (!sink.setSinkId) return
  try {
    await sink.setSinkId(deviceId ?? '')
  } catch (thrown) {
    console.info('the chosen loudspeaker is not there', thrown)
    if (deviceId) await sink.setSinkId('').catch((again: unknown) => console.info('no other either', again))
  }
}

export const canChooseSpeaker = (): boolean => 'setSinkId' in HTMLMediaElement.prototype

/** Plays the other side's voice. `onBlocked` is called when the browser wants a click first. */
export class Earpiece {
  private readonly element = new Audio()

  constructor(private readonly onBlocked: (isBlocked: boolean) => void) {
    this.element.autoplay = true
  }

  play(stream: MediaStream | null): void {
    this.element.srcObject = stream
    if (stream) void this.again()
  }

  /** After a click: what was blocked may be heard now. */
  async again(): Promise<void> {
    if (!this.element.srcObject) return
    try {
      await this.element.play()
      this.onBlocked(false)
    } catch (thrown) {
      // Ended before it began, or it needs a click.
      if (this.element.srcObject) this.onBlocked(thrown instanceof DOMException && thrown.name === 'NotAllowedError')
    }
  }

  use(deviceId: string | null): Promise<void> {
    return sendTo(this.element, deviceId)
  }
}
