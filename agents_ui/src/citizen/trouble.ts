/** What went wrong with a request, in words for the citizen. */
import { Problem, Unreachable, type ProblemBody } from '@/api/problem'
import { t } from './language'

export type Trouble = Problem | Unreachable

export function isTrouble(error: unknown): error is Trouble {
  return error instanceof Problem || error instanceof Unreachable
}

/** Worth trying again as it is: nobody has judged what was sent. */
export function isTemporary(error: unknown): boolean {
  if (!(error instanceof Problem)) return true
  return [401, 408, 429].includes(error.status) || error.status >= 500 || error.code === 'csrf'
}

export function wordsFor(trouble: Trouble): string {
  if (trouble instanceof Unreachable) return t('problem.offline')
  return trouble.errors[0]?.message ?? trouble.message
}

/** Seconds that the server asked to wait; null when it did not. */
export function retryAfter(trouble: Trouble): number | null {
  const seconds = trouble instanceof Problem ? Number(trouble.params['retry_after']) : Number.NaN
  return seconds > 0 ? seconds : null
}

export async function problemFrom(response: Response): Promise<Problem> {
  let body: Partial<ProblemBody> = {}
  try {
    body = (await response.json()) as Partial<ProblemBody>
  } catch {
    // A proxy answered instead of the server, with something that is no JSON.
  }
  const { title = t('problem.unexpected'), code = `http_${response.status}` } = body
  return new Problem({ ...body, title, code, status: response.status })
}
