const QUIET = 150

/**
 * Ends the search for network addresses early: once none was found for 150 ms the answer goes out, because the
 * browser itself may look for many seconds. `found` is called with each address and with what sends the answer.
 */
export class EarlyEnd {
  private cancel: (() => void) | null = null
  private isOver = false

  constructor(private readonly after: (milliseconds: number, then: () => void) => () => void) {}

  found(ready: () => void): void {
    this.cancel?.()
    if (this.isOver) return
    this.cancel = this.after(QUIET, () => {
      this.isOver = true
      ready()
    })
  }

  /** The call is over, or looks anew: nothing is sent any more, and the next address begins another search. */
  forget(): void {
    this.cancel?.()
    this.cancel = null
    this.isOver = false
  }
}
