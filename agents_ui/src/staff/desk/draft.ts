import { Problem, Unreachable } from '@/api/problem'

export type DraftState = 'loading' | 'unchanged' | 'waiting' | 'saving' | 'saved' | 'kept_here' | 'conflict'

export interface StoredDraft {
  version: number
  form: Record<string, unknown>
  updated_at: string | null
}

export interface DraftPorts {
  load: () => Promise<StoredDraft | null>
  save: (version: number, form: Record<string, unknown>) => Promise<StoredDraft>
  /** A copy on this computer, for as long as the server does not have it; null takes it away. */
  keep: (form: Record<string, unknown> | null) => void
  kept: () => Record<string, unknown> | null
  after: (milliseconds: number, then: () => void) => () => void
  now: () => number
}

const SAVE_AFTER = 2000
const RETRY_AFTER = 5000

/**
 * Saves what is written two seconds after a change. What is typed is never replaced: when the server has another
 * version, the agent is asked (`conflict`), and until the server can be reached a copy stays here.
 */
export class Draft {
  state: DraftState = 'loading'
  savedAt: number | null = null
  onChange: () => void = () => undefined

  private version = 0
  private pending: Record<string, unknown> | null = null
  private cancel: (() => void) | null = null
  private isEnded = false
  private discards = 0

  constructor(private readonly ports: DraftPorts) {}

  /** The draft to begin with: what was not saved yet goes before what was. */
  async open(): Promise<Record<string, unknown> | null> {
    const here = this.ports.kept()
    const { discards } = this
    try {
      const stored = await this.ports.load()
      // Registered while this was on its way: it is no draft any more.
      if (discards !== this.discards) return null
      this.version = stored?.version ?? 0
      if (stored?.updated_at) this.savedAt = Date.parse(stored.updated_at)
      this.become(stored ? 'saved' : 'unchanged')
      if (here) this.changed(here)
      return here ?? stored?.form ?? null
    } catch (thrown) {
      if (!(thrown instanceof Unreachable)) throw thrown
      if (discards !== this.discards) return null
      this.become('kept_here')
      if (here) this.pending = here
      this.schedule(RETRY_AFTER)
      return here
    }
  }

  changed(form: Record<string, unknown>): void {
    if (this.isEnded) return
    this.pending = form
    this.ports.keep(form)
    if (this.state === 'conflict' || this.state === 'kept_here') return
    if (this.state !== 'saving') this.become('waiting')
    if (!this.cancel) this.schedule(SAVE_AFTER)
  }

  /** Save now what is not saved yet. */
  async flush(): Promise<void> {
    this.cancel?.()
    this.cancel = null
    const form = this.pending
    if (!form || this.isEnded || this.state === 'saving') return
    this.become('saving')
    try {
      const stored = await this.ports.save(this.version, form)
      this.version = stored.version
      this.savedAt = this.ports.now()
      if (this.pending === form) {
        this.pending = null
        this.ports.keep(null)
        this.become('saved')
      } else {
        this.become('waiting')
        this.schedule(SAVE_AFTER)
      }
    } catch (thrown) {
      this.failed(thrown)
    }
  }

  /** After a conflict: go on with what is written here, over what the other page saved. */
  async overwrite(): Promise<void> {
    const stored = await this.ports.load()
    this.version = stored?.version ?? 0
    this.become('waiting')
    await this.flush()
  }

  /** After a conflict: give up what is written here. */
  async takeOther(): Promise<Record<string, unknown> | null> {
    this.pending = null
    this.ports.keep(null)
    return this.open()
  }

  /** The case was registered: the server has deleted the draft. */
  discard(): void {
    this.discards += 1
    this.cancel?.()
    this.cancel = null
    this.pending = null
    this.ports.keep(null)
    this.version = 0
    this.savedAt = null
    this.become('unchanged')
  }

  /** The form is left; what is not saved is saved, and kept here should that fail. */
  end(): void {
    void this.flush().finally(() => {
      this.cancel?.()
      this.isEnded = true
    })
  }

  private failed(thrown: unknown): void {
    if (thrown instanceof Unreachable) {
      this.become('kept_here')
      this.schedule(RETRY_AFTER)
      return
    }
    if (thrown instanceof Problem && thrown.status === 409) {
      this.become('conflict')
      return
    }
    this.become('kept_here')
    throw thrown
  }

  private schedule(milliseconds: number): void {
    this.cancel?.()
    this.cancel = this.ports.after(milliseconds, () => {
      this.cancel = null
      void this.flush()
    })
  }

  private become(state: DraftState): void {
    this.state = state
    this.onChange()
  }
}
