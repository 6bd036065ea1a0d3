import { ref, watch, type Ref } from 'vue'
import { api, reply } from '@/api/client'
import type { ConversationView, HistoryView } from '@/api/types'

export interface Opened {
  conversation: Ref<ConversationView | null>
  history: Ref<HistoryView | null>
  reload: () => Promise<void>
}

/** The conversation open at the desk and what is known of its citizen; read anew when `version` grows. */
export function useConversation(
  id: () => string | null,
  version: () => number,
  onTrouble: (thrown: unknown) => void,
): Opened {
  const conversation = ref<ConversationView | null>(null)
  const history = ref<HistoryView | null>(null)
  let turn = 0

  async function read(): Promise<void> {
    const conversationId = id()
    turn += 1
    const mine = turn
    if (conversationId === null) {
      conversation.value = null
      history.value = null
      return
    }
    if (conversation.value?.id !== conversationId) {
      conversation.value = null
      history.value = null
    }
    const params = { path: { conversation_id: conversationId } }
    try {
      const [found, past] = await Promise.all([
        reply(api.GET('/api/conversations/{conversation_id}', { params })),
        reply(api.GET('/api/conversations/{conversation_id}/history', { params })),
      ])
      if (mine !== turn) return
      conversation.value = found
      history.value = past
    } catch (thrown) {
      if (mine === turn) onTrouble(thrown)
    }
  }

  watch([id, version], () => void read(), { immediate: true })
  return { conversation, history, reload: read }
}
