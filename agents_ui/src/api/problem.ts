/** What the server said was wrong, already in the reader's language. */
export interface FieldError {
  field: string
  code: string
  message: string
  params: Record<string, unknown>
}

export interface ProblemBody {
  title: string
  status: number
  code: string
  params?: Record<string, unknown>
  errors?: FieldError[] | null
}

/** A refused request. `message` may be shown as it is; `field(name)` is what to show at a field. */
export class Problem extends Error {
  readonly status: number
  readonly code: string
  readonly params: Record<string, unknown>
  readonly errors: readonly FieldError[]

  constructor(body: ProblemBody) {
    super(body.title)
    this.name = 'Problem'
    this.status = body.status
    this.code = body.code
    this.params = body.params ?? {}
    this.errors = body.errors ?? []
  }

  field(name: string): string | null {
    return this.errors.find((error) => error.field === name)?.message ?? null
  }

  /** Messages of fields that the page does not show, so that none is lost. */
  outside(shown: readonly string[]): string[] {
    return this.errors.filter((error) => !shown.includes(error.field)).map((error) => error.message)
  }
}

/** No answer at all: the network or the server is away. Nothing is known about what was done. */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super('unreachable', { cause })
    this.name = 'Unreachable'
  }
}
