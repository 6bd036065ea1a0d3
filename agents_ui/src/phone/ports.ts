/** What the phone needs around it, so that its rules can be tried without a browser's media or a network. */
import type { components } from '@/api/generated'
import type { EndCause } from './model'

/** Short-lived credentials at the exchange. */
export type PhoneAccount = components['schemas']['PhoneAccountView']

/** One call at the exchange, from either side. */
export interface SipCall {
  readonly id: string
  readonly number: string
  readonly name: string
  answer(voice: MediaStream): void
  /** End it, or refuse one that rings so that it goes to somebody else. */
  end(): void
  hold(on: boolean): void
  mute(on: boolean): void
}

export interface SipCallEvents {
  connected(): void
  held(on: boolean): void
  heard(stream: MediaStream): void
  ended(cause: EndCause): void
}

export interface SipEvents {
  registered(): void
  /** The connection is gone; it is being made again. */
  disconnected(): void
  /** The exchange does not take the credentials. `fresh`: the connection was made anew since they worked. */
  refused(fresh: boolean): void
  rings(call: SipCall): SipCallEvents | null
}

/** A registration at the exchange. */
export interface SipLine {
  renew(account: PhoneAccount): void
  dial(target: string, voice: MediaStream, events: SipCallEvents): SipCall
  close(): void
}

export interface PhonePorts {
  account(): Promise<PhoneAccount>
  connect(account: PhoneAccount, events: SipEvents): Promise<SipLine>
  /** Opens the microphone; throws `MediaProblem`. */
  listen(): Promise<MediaStream>
  /** Lets the other side be heard; null for silence. */
  play(stream: MediaStream | null): void
  after(milliseconds: number, then: () => void): () => void
  now(): number
}
