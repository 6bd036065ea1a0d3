import { sendTo } from './media'
import { ringSamples } from './ringTone'

/**
 * Rings on a device of its own, over and over until stopped. Browsers make a sound only after a person has done
 * something on the page, so `unlock` is called with the first click or key.
 */
export class Ringer {
  private context: AudioContext | null = null
  private source: AudioBufferSourceNode | null = null
  private out: MediaStreamAudioDestinationNode | null = null
  private readonly element = new Audio()
  private isWanted = false

  constructor(private deviceId: string | null) {}

  async use(deviceId: string | null): Promise<void> {
    this.deviceId = deviceId
    await sendTo(this.element, deviceId)
  }

  /** Called while a person is at the page; what should ring already begins to. */
  async unlock(): Promise<void> {
    this.context ??= new AudioContext()
    if (this.context.state !== 'running') await this.context.resume()
    if (this.isWanted) this.begin()
  }

  start(): void {
    this.isWanted = true
    void this.unlock().catch((thrown: unknown) => console.info('ringing is not possible yet', thrown))
  }

  stop(): void {
    this.isWanted = false
    this.source?.stop()
    this.source = null
    this.element.pause()
  }

  get isRinging(): boolean {
    return this.source !== null
  }

  private begin(): void {
    const context = this.context
    if (!context || context.state !== 'running' || this.source) return
    if (!this.out) {
      this.out = context.createMediaStreamDestination()
      this.element.srcObject = this.out.stream
      void sendTo(this.element, this.deviceId)
    }
    const buffer = context.createBuffer(1, Math.round(context.sampleRate * 3), context.sampleRate)
    buffer.copyToChannel(ringSamples(context.sampleRate), 0)
    this.source = context.createBufferSource()
    this.source.buffer = buffer
    // The browser repeats it by itself, also in a window that is not looked at.
    this.source.loop = true
    this.source.connect(this.out)
    this.source.start()
    void this.element.play().catch((thrown: unknown) => console.info('the ring was not let through', thrown))
  }
}
