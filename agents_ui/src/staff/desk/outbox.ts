import { ref, type Ref } from 'vue'
import { api, reply } from '@/api/client'
import { Problem, Unreachable } from '@/api/problem'
import { newKey } from './caseForm'

export interface Outgoing {
  id: string
  text: string
  at: string
  /** Why it was not sent; null while it is on its way. */
  trouble: 'unreachable' | string | null
}

/** Messages that the server has not confirmed. Sending one again under its id never doubles it. */
export function useOutbox(conversationId: string): {
  outgoing: Ref<Outgoing[]>
  send: (text: string) => void
  again: (id: string) => void
  give: (id: string) => void
} {
  const outgoing = ref<Outgoing[]>([])

  async function post(message: Outgoing): Promise<void> {
    message.trouble = null
    try {
      const path = { conversation_id: conversationId }
      const body = { id: message.id, text: message.text }
      await reply(api.POST('/api/conversations/{conversation_id}/messages', { params: { path }, body }))
    } catch (thrown) {
      if (thrown instanceof Unreachable) message.trouble = 'unreachable'
      else if (thrown instanceof Problem) message.trouble = thrown.field('text') ?? thrown.message
      else throw thrown
    }
  }

  function send(text: string): void {
    outgoing.value.push({ id: newKey(), text, at: new Date().toISOString(), trouble: null })
    void post(outgoing.value.at(-1)!)
  }

  function again(id: string): void {
    const message = outgoing.value.find((one) => one.id === id)
    if (message) void post(message)
  }

  /** The message was seen in the conversation, or is given up. */
  function give(id: string): void {
    outgoing.value = outgoing.value.filter((one) => one.id !== id)
  }

  return { outgoing, send, again, give }
}
