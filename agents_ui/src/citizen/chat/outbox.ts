/**
 * Messages on their way. What a person wrote is kept on the device until the server has acknowledged it, under
 * an id made here: sent twice, after a reload or from a second tab, it is still one message.
 */
import { ref, shallowRef, type ShallowRef } from 'vue'
import { isTemporary, wordsFor, type Trouble } from '../trouble'

export type OutgoingState = 'waiting' | 'sending' | 'sent' | 'refused'

export interface Outgoing {
  readonly id: string
  readonly text: string
  readonly writtenAt: string
  readonly state: OutgoingState
  /** Why the server refused it, in the citizen's language. */
  readonly reason?: string
  /** The server's name for it, once acknowledged. */
  readonly messageId?: string
}

/** Where the outbox survives a reload. */
export interface OutboxStore {
  read(): unknown
  write(items: readonly Outgoing[]): void
}

export type Deliver = (message: Outgoing) => Promise<{ message_id: string }>

export const FIRST_RETRY_MS = 1_000
export const LAST_RETRY_MS = 30_000

export class Outbox {
  readonly items: ShallowRef<Outgoing[]>
  private busy = false
  private readonly failures = ref(0)
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly store: OutboxStore,
    private readonly deliver: Deliver,
    private readonly delivered: (message: Outgoing) => void,
  ) {
    this.items = shallowRef(parsed(store.read()))
  }

  /** How many still have to reach the server. */
  get pending(): number {
    return this.items.value.filter((item) => item.state === 'waiting' || item.state === 'sending').length
  }

  /** Whether sending failed for want of a connection and is being tried again. */
  get stuck(): boolean {
    return this.failures.value > 0 && this.pending > 0
  }

  add(text: string): Outgoing {
    const item: Outgoing = { id: newId(), text, writtenAt: new Date().toISOString(), state: 'waiting' }
    this.change([...this.items.value, item])
    void this.flush()
    return item
  }

  retry(id: string): void {
    this.update(id, { state: 'waiting' })
    void this.flush()
  }

  /** Takes a message out: refused and given up, or seen in the conversation. */
  drop(id: string): void {
    this.change(this.items.value.filter((item) => item.id !== id))
  }

  /** Another tab wrote: take over what is new there, drop what it has sent. */
  reread(): void {
    const there = parsed(this.store.read())
    const ids = new Set(there.map((item) => item.id))
    const mine = this.items.value.filter((item) => item.state === 'sent' || ids.has(item.id))
    const known = new Set(mine.map((item) => item.id))
    this.items.value = [...mine, ...there.filter((item) => !known.has(item.id))]
  }

  /** Sends what waits, oldest first; on a lost connection stops and tries again later. */
  async flush(): Promise<void> {
    if (this.busy) return
    this.busy = true
    clearTimeout(this.timer)
    try {
      for (let next = this.oldest(); next; next = this.oldest()) await this.sendOne(next)
    } catch {
      this.tryLater()
    } finally {
      this.busy = false
    }
  }

  stop(): void {
    clearTimeout(this.timer)
  }

  private oldest(): Outgoing | undefined {
    return this.items.value.find((item) => item.state === 'waiting')
  }

  private async sendOne(item: Outgoing): Promise<void> {
    this.update(item.id, { state: 'sending' })
    try {
      const receipt = await this.deliver(item)
      this.failures.value = 0
      this.update(item.id, { state: 'sent', messageId: receipt.message_id })
      this.delivered(item)
    } catch (error) {
      if (isTemporary(error)) {
        this.update(item.id, { state: 'waiting' })
        throw error
      }
      this.update(item.id, { state: 'refused', reason: wordsFor(error as Trouble) })
    }
  }

  private tryLater(): void {
    const wait = Math.min(FIRST_RETRY_MS * 2 ** this.failures.value, LAST_RETRY_MS)
    this.failures.value += 1
    this.timer = setTimeout(() => void this.flush(), wait)
  }

  private update(id: string, news: Pick<Outgoing, 'state' | 'reason' | 'messageId'>): void {
    const renewed = ({ id, text, writtenAt }: Outgoing): Outgoing => ({ id, text, writtenAt, ...news })
    this.change(this.items.value.map((item) => (item.id === id ? renewed(item) : item)))
  }

  private change(items: Outgoing[]): void {
    this.items.value = items
    this.store.write(items.filter((item) => item.state !== 'sent'))
  }
}

/** 32 hex digits. `crypto.randomUUID` exists on secure pages only, and an intranet page may not be one. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function parsed(stored: unknown): Outgoing[] {
  if (!Array.isArray(stored)) return []
  return stored.flatMap((one: Partial<Outgoing> | null): Outgoing[] => {
    if (typeof one?.id !== 'string' || typeof one.text !== 'string') return []
    const writtenAt = typeof one.writtenAt === 'string' ? one.writtenAt : new Date().toISOString()
    const what = { id: one.id, text: one.text, writtenAt }
    if (one.state === 'refused') return [{ ...what, state: 'refused', reason: one.reason ?? '' }]
    // It may or may not have arrived before the page closed: the id makes sending again harmless.
    return [{ ...what, state: 'waiting' }]
  })
}
