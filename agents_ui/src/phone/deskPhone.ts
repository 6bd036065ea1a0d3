import type { SipEvents, SipLine, PhoneAccount } from './ports'

/** A telephone that stands fast, as the server names it. */
export interface DeskPhone {
  name: string
  is_own: boolean
  is_online: boolean
}

export interface DeskPorts {
  list(): Promise<DeskPhone[]>
  use(name: string): Promise<{ expires_at: string }>
  /** The phone kept by this browser is none that the agent may use, so the browser rings again. */
  forget(): void
  now(): number
}

const DESK = 'desk:'
/** So often it is looked whether the phone can still be rung. */
const LOOK = 90_000
/** Prolonged when no more than this is left. */
const SPARE = 20 * 60_000

/**
 * A desk phone in the place of the browser's: the exchange rings it by itself, so the page only asks for it,
 * again and again, and says so when it cannot be rung.
 */
export class DeskUse {
  private name = ''
  private until = 0

  constructor(private readonly ports: DeskPorts) {}

  /** As credentials of a browser's phone, which here are for nothing but to be renewed in time. */
  async account(name: string): Promise<PhoneAccount> {
    const found = (await this.ports.list()).find((one) => one.name === name)
    if (!found) {
      this.ports.forget()
      throw new Error(`no desk phone ${name} for this agent`)
    }
    if (!found.is_online) throw new Error(`the desk phone ${name} is not registered`)
    if (this.name !== name || this.until - this.ports.now() < SPARE) {
      this.until = Date.parse((await this.ports.use(name)).expires_at)
      this.name = name
    }
    const expires_at = new Date(this.ports.now() + LOOK).toISOString()
    return { user: DESK + name, password: '', expires_at, wss_url: '', realm: '', ice_servers: [], call: '' }
  }

  /** The next use is asked for anew: the browser had the calls in between. */
  leave(): void {
    this.name = ''
  }
}

export function isAtDesk(account: PhoneAccount): boolean {
  return account.user.startsWith(DESK)
}

/** There is nothing to connect: whoever lifts the handset answers, whoever hangs up ends the call. */
export function deskLine(events: SipEvents): SipLine {
  queueMicrotask(() => events.registered())
  return {
    renew: () => events.registered(),
    dial: () => {
      throw new Error('a desk phone is not dialled for')
    },
    close: () => undefined,
  }
}
