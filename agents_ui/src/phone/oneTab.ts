/** The parts of the Web Locks API that are used. */
export interface Locks {
  request(name: string, options: LockOptions, held: (lock: unknown) => Promise<void> | void): Promise<unknown>
}

const NAME = 'hotline.phone'

/**
 * One page of this browser has the phone. Another one waits until it is free, or takes it over when asked to;
 * the one that lost it waits in turn.
 */
export class OneTab {
  private release: (() => void) | null = null
  private waiting: AbortController | null = null
  private isEnded = true

  constructor(
    private readonly onChange: (mine: boolean) => void,
    private readonly locks: Locks | undefined = navigator.locks as Locks | undefined,
  ) {}

  /** Have the phone as soon as no other page has it. */
  begin(): void {
    if (!this.isEnded) return
    this.isEnded = false
    if (!this.locks) {
      // Without the API there is no way to ask; such a browser has no other page to ask for either.
      this.onChange(true)
      return
    }
    this.onChange(false)
    this.wait()
  }

  /** Take it from whichever page has it. */
  takeOver(): void {
    if (this.isEnded || this.release || !this.locks) return
    this.waiting?.abort()
    this.hold({ steal: true })
  }

  end(): void {
    this.isEnded = true
    this.waiting?.abort()
    this.waiting = null
    this.release?.()
    this.release = null
  }

  private wait(): void {
    this.waiting = new AbortController()
    this.hold({ signal: this.waiting.signal })
  }

  private hold(options: LockOptions): void {
    let had = false
    void this.locks
      ?.request(NAME, options, () => {
        if (this.isEnded) return
        had = true
        this.waiting = null
        this.onChange(true)
        return new Promise<void>((done) => {
          this.release = done
        })
      })
      .catch((thrown: unknown) => {
        // Either our own waiting was given up, or another page took it.
        if (!(thrown instanceof DOMException) || thrown.name !== 'AbortError') throw thrown
        if (this.isEnded || !had) return
        this.release = null
        this.onChange(false)
        this.wait()
      })
  }
}
