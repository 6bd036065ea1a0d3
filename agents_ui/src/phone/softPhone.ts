import { renewIn, retryIn } from './account'
import { MediaProblem } from './media'
import { isLive, next, NO_PHONE, type EndCause, type PhoneEvent, type PhoneModel } from './model'
import type { PhoneAccount, PhonePorts, SipCall, SipCallEvents, SipLine } from './ports'

/**
 * A phone in the browser: stays registered with credentials that it renews, has at most one call, and holds the
 * microphone only during it. What it is doing is in `model`; `onChange` tells of every change.
 */
export class SoftPhone {
  model: PhoneModel = NO_PHONE
  onChange: (model: PhoneModel) => void = () => undefined

  private line: SipLine | null = null
  private call: SipCall | null = null
  private voice: MediaStream | null = null
  private account: PhoneAccount | null = null
  private cancelRenewal: (() => void) | null = null
  private failures = 0
  /** Grows with each start and stop: what was asked before is of no interest after. */
  private turn = 0

  constructor(private readonly ports: PhonePorts) {}

  /** Register, unless that is done or under way. */
  start(): void {
    if (this.model.line === 'registering' || this.model.line === 'registered' || this.model.line === 'lost') return
    this.tell({ type: 'line', line: 'registering' })
    this.turn += 1
    void this.renew()
  }

  /** Unregister; a call ends with it. */
  stop(why: 'off' | 'elsewhere' = 'off'): void {
    this.turn += 1
    this.hangUp()
    this.cancelRenewal?.()
    this.cancelRenewal = null
    this.line?.close()
    this.line = null
    this.account = null
    this.failures = 0
    this.tell({ type: 'line', line: why })
  }

  /** Take the call that rings; without a microphone it goes on ringing and the trouble is told. */
  async answer(): Promise<void> {
    const call = this.call
    if (!call || this.model.call?.state !== 'ringing') return
    this.tell({ type: 'answering', id: call.id, at: this.ports.now() })
    const voice = await this.open(call)
    if (voice) call.answer(voice)
  }

  /** Call an address of the exchange, for example "hotline". */
  async dial(target: string): Promise<void> {
    if (isLive(this.model.call)) return
    const line = this.line
    if (!line || this.model.line !== 'registered') return
    const voice = await this.opened()
    if (!voice) return
    if (this.line !== line) {
      release(voice)
      return
    }
    this.voice = voice
    let id = ''
    const call = line.dial(target, voice, this.eventsOf(() => id))
    id = call.id
    this.call = call
    this.tell({ type: 'dials', id, number: call.number, name: call.name, at: this.ports.now() })
  }

  /** End the call; one that rings goes to somebody else. */
  hangUp(): void {
    const call = this.call
    if (!call) return
    call.end()
    this.over(call.id, 'here')
  }

  toggleHold(): void {
    const state = this.model.call?.state
    if (state === 'talking' || state === 'held') this.call?.hold(state === 'talking')
  }

  toggleMute(): void {
    const call = this.model.call
    if (!call || (call.state !== 'talking' && call.state !== 'held')) return
    this.call?.mute(!call.isMuted)
    this.tell({ type: call.isMuted ? 'unmuted' : 'muted', id: call.id })
  }

  /** Forget the call that ended. */
  clear(): void {
    this.tell({ type: 'cleared' })
  }

  trouble(trouble: PhoneModel['trouble']): void {
    this.tell({ type: 'trouble', trouble })
  }

  private async renew(): Promise<void> {
    const mine = this.turn
    this.cancelRenewal?.()
    this.cancelRenewal = null
    try {
      const account = await this.ports.account()
      if (mine !== this.turn) return
      await this.use(account, mine)
    } catch (thrown) {
      if (mine !== this.turn) return
      console.info('the phone has no account yet', thrown)
      this.retry('account')
    }
  }

  private async use(account: PhoneAccount, mine: number): Promise<void> {
    const same = this.account?.user === account.user && this.account.wss_url === account.wss_url
    if (this.line && same) {
      this.line.renew(account)
    } else if (!isLive(this.model.call)) {
      this.line?.close()
      const line = await this.ports.connect(account, {
        registered: () => mine === this.turn && this.registered(),
        disconnected: () => mine === this.turn && this.tell({ type: 'line', line: 'lost', trouble: 'connection' }),
        refused: (fresh) => mine === this.turn && this.refused(fresh),
        rings: (call) => (mine === this.turn ? this.rings(call) : null),
      })
      if (mine !== this.turn) {
        line.close()
        return
      }
      this.line = line
    }
    this.account = account
    this.cancelRenewal = this.ports.after(renewIn(account.expires_at, this.ports.now()), () => void this.renew())
  }

  private retry(trouble: 'account' | 'refused'): void {
    this.failures += 1
    if (this.model.line !== 'registered') this.tell({ type: 'line', line: 'lost', trouble })
    this.cancelRenewal?.()
    this.cancelRenewal = this.ports.after(retryIn(this.failures), () => void this.renew())
  }

  private registered(): void {
    this.failures = 0
    if (this.model.line !== 'registered') this.tell({ type: 'line', line: 'registered' })
  }

  /**
   * Credentials that worked on this very connection and no longer do were replaced by somebody who works under
   * the same name on another computer: the two must not take the phone from each other for ever.
   */
  private refused(fresh: boolean): void {
    const isOver = this.account ? Date.parse(this.account.expires_at) <= this.ports.now() : true
    if (!fresh && !isOver) {
      this.stop('elsewhere')
      return
    }
    this.tell({ type: 'line', line: 'lost', trouble: 'refused' })
    this.retry('refused')
  }

  private rings(call: SipCall): SipCallEvents | null {
    if (isLive(this.model.call)) return null
    this.call = call
    this.tell({ type: 'rings', id: call.id, number: call.number, name: call.name, at: this.ports.now() })
    return this.eventsOf(() => call.id)
  }

  private eventsOf(id: () => string): SipCallEvents {
    return {
      connected: () => this.tell({ type: 'connected', id: id(), at: this.ports.now() }),
      held: (on) => this.tell({ type: on ? 'held' : 'resumed', id: id(), at: this.ports.now() }),
      heard: (stream) => this.call?.id === id() && this.ports.play(stream),
      ended: (cause) => this.over(id(), cause),
    }
  }

  private async open(call: SipCall): Promise<MediaStream | null> {
    const voice = await this.opened()
    if (!voice) {
      if (this.call === call) this.tell({ type: 'unanswered', id: call.id, at: this.ports.now() })
      return null
    }
    if (this.call !== call) {
      release(voice)
      return null
    }
    this.voice = voice
    return voice
  }

  private async opened(): Promise<MediaStream | null> {
    try {
      return await this.ports.listen()
    } catch (thrown) {
      if (!(thrown instanceof MediaProblem)) throw thrown
      this.tell({ type: 'trouble', trouble: thrown.trouble })
      return null
    }
  }

  private over(id: string, cause: EndCause): void {
    if (this.call?.id !== id) return
    this.call = null
    if (this.voice) release(this.voice)
    this.voice = null
    this.ports.play(null)
    this.tell({ type: 'ended', id, cause, at: this.ports.now() })
  }

  private tell(event: PhoneEvent): void {
    const model = next(this.model, event)
    if (model === this.model) return
    this.model = model
    this.onChange(model)
  }
}

function release(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop()
}
