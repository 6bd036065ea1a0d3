import { applyChanges, type Changes, type Entity, type LiveMessage } from './changes'

export type LiveStatus = 'connecting' | 'open' | 'offline'

/** The parts of a WebSocket that are used, so that tests can play the server. */
export interface Socket {
  onopen: (() => void) | null
  onmessage: ((event: { data: unknown }) => void) | null
  onclose: ((event: { code: number }) => void) | null
  send(data: string): void
  close(): void
}

export interface LiveOptions {
  open: () => Socket
  /** Called after a connection could not be made or broke, for example to see whether the session ended. */
  onLost?: () => void
  wait?: (milliseconds: number, then: () => void) => () => void
  random?: () => number
}

export interface WatchHandlers {
  /** The whole of what is shown now, after each message. */
  changed: (entities: ReadonlyMap<string, Entity>) => void
  refused?: (code: string) => void
}

interface Watch {
  feed: string
  key: string | null
  handlers: WatchHandlers
  shown: Map<string, Entity>
  /** Changes that overtook the snapshot of this connection; null once it came. */
  early: Changes[] | null
}

const FIRST_WAIT = 500
const LONGEST_WAIT = 3000
/** The server asks for a fresh connection: it is there, so do not wait long. */
const RECONNECT = 4008

/**
 * Keeps one socket open and any number of watches on it. After a break it waits longer each time (with jitter,
 * so that a room of desks does not come back in one wave), and every watch begins again with a snapshot.
 */
export class LiveClient {
  status: LiveStatus = 'connecting'
  onStatus: (status: LiveStatus) => void = () => undefined

  private socket: Socket | null = null
  private isOpen = false
  private failures = 0
  private cancelWait: (() => void) | null = null
  private nextId = 1
  private readonly watches = new Map<string, Watch>()
  private readonly wait: NonNullable<LiveOptions['wait']>
  private readonly random: () => number

  constructor(private readonly options: LiveOptions) {
    this.wait = options.wait ?? waitOnTimer
    this.random = options.random ?? Math.random
  }

  /** Connect, unless connected or about to be. */
  start(): void {
    if (this.socket || this.cancelWait) return
    this.connect()
  }

  /** Close for good, until `start`. */
  stop(): void {
    this.cancelWait?.()
    this.cancelWait = null
    const socket = this.socket
    this.socket = null
    this.isOpen = false
    socket?.close()
    this.failures = 0
    this.setStatus('connecting')
  }

  /** Do not wait any longer: the network is back, or a person asked. */
  retryNow(): void {
    if (!this.cancelWait) return
    this.cancelWait()
    this.cancelWait = null
    this.connect()
  }

  /** Watch a feed; returns what ends it. */
  watch(feed: string, key: string | null, handlers: WatchHandlers): () => void {
    const id = String(this.nextId)
    this.nextId += 1
    const watch: Watch = { feed, key, handlers, shown: new Map(), early: [] }
    this.watches.set(id, watch)
    if (this.isOpen) this.ask(id, watch)
    return () => {
      this.watches.delete(id)
      if (this.isOpen) this.socket?.send(JSON.stringify({ type: 'unwatch', watch: id }))
    }
  }

  private connect(): void {
    const socket = this.options.open()
    this.socket = socket
    socket.onopen = () => {
      if (socket !== this.socket) return
      this.isOpen = true
      this.setStatus('open')
      for (const [id, watch] of this.watches) this.ask(id, watch)
    }
    socket.onmessage = (event) => {
      if (socket === this.socket) this.receive(JSON.parse(String(event.data)) as LiveMessage)
    }
    socket.onclose = (event) => {
      if (socket === this.socket) this.lost(event.code)
    }
  }

  private ask(id: string, watch: Watch): void {
    watch.early = []
    const key = watch.key === null ? {} : { key: watch.key }
    this.socket?.send(JSON.stringify({ type: 'watch', watch: id, feed: watch.feed, ...key }))
  }

  private receive(message: LiveMessage): void {
    this.failures = 0
    const watch = this.watches.get(message.watch)
    if (!watch) return
    if (message.type === 'refused') {
      watch.handlers.refused?.(message.code)
      return
    }
    if (message.type === 'changes' && watch.early) {
      watch.early.push(message)
      return
    }
    applyChanges(watch.shown, message)
    for (const change of watch.early ?? []) applyChanges(watch.shown, change)
    watch.early = null
    watch.handlers.changed(watch.shown)
  }

  private lost(code: number): void {
    this.socket = null
    this.isOpen = false
    const wanted = code === RECONNECT && this.failures === 0 ? 0 : FIRST_WAIT * 2 ** this.failures
    this.failures += 1
    if (wanted > 0) this.setStatus('offline')
    const milliseconds = Math.min(wanted, LONGEST_WAIT) * (0.5 + this.random() / 2)
    this.cancelWait = this.wait(milliseconds, () => {
      this.cancelWait = null
      this.connect()
    })
    this.options.onLost?.()
  }

  private setStatus(status: LiveStatus): void {
    if (status === this.status) return
    this.status = status
    this.onStatus(status)
  }
}

function waitOnTimer(milliseconds: number, then: () => void): () => void {
  const timer = setTimeout(then, milliseconds)
  return () => clearTimeout(timer)
}
