import createClient, { type Client } from 'openapi-fetch'
import { Problem, Unreachable, type ProblemBody } from './problem'
import type { paths } from './types'

let csrf: string | null = null
let onSignedOut: () => void = () => undefined

/** The token of the session, which every change must carry. */
export function setCsrf(token: string | null): void {
  csrf = token
}

/** Called when the server no longer knows the session. */
export function whenSignedOut(handler: () => void): void {
  onSignedOut = handler
}

async function send(request: Request): Promise<Response> {
  try {
    return await fetch(request)
  } catch (cause) {
    throw new Unreachable(cause)
  }
}

/** The typed client; wrap calls in `reply` to get the data or a thrown `Problem`. */
export const api: Client<paths> = createClient<paths>({ baseUrl: '', fetch: send })

api.use({
  onRequest({ request }) {
    request.headers.set('Accept-Language', document.documentElement.lang || 'zh-CN')
    if (csrf && request.method !== 'GET') request.headers.set('X-CSRF-Token', csrf)
    return request
  },
})

interface Answer<T> {
  data?: T
  error?: unknown
  response: Response
}

/** `await reply(api.GET('/api/session'))`: the data; throws `Problem` or `Unreachable`. */
export async function reply<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await answer
  if (response.ok) return data as T
  if (response.status === 401) onSignedOut()
  throw new Problem(isProblem(error) ? error : bare(response))
}

function isProblem(body: unknown): body is ProblemBody {
  return typeof body === 'object' && body !== null && 'code' in body && 'title' in body
}

/** For an answer that is not ours, such as a proxy's. */
function bare(response: Response): ProblemBody {
  const code = `http_${response.status}`
  return { title: `${response.status} ${response.statusText}`.trim(), status: response.status, code }
}
