/** The visitor's conversation: what the server knows of it, and what is still on its way. */
import { computed, ref, shallowRef } from 'vue'
import type { Message, QueueStanding } from '../shapes'
import { forget, keep, kept, whenChangedElsewhere } from '../kept'
import { knownVisitor, loadConversation, sendMessage } from '../requests'
import { follow } from '../follow'
import { isTrouble, type Trouble } from '../trouble'
import { Outbox, type Outgoing } from './outbox'

const OUTBOX = 'outbox'
const SEEN = 'seen'

export const messages = shallowRef<readonly Message[]>([])
export const standing = ref<QueueStanding>({
  state: 'none',
  position: null,
  waiting_since: null,
  agent_name: null,
})
/** Why the earlier conversation is not shown; null when it is. */
export const loadProblem = ref<Trouble | null>(null)
/** When the last message came that the citizen has looked at (ms). */
const seen = ref(Number(kept(SEEN) ?? 0))
let following = false

export const outbox = new Outbox(
  { read: () => kept(OUTBOX), write: (items) => (items.length ? keep(OUTBOX, items) : forget(OUTBOX)) },
  sendMessage,
  () => void joinOnce(),
)

/** What is on its way and not yet part of the conversation that the server shows. */
export const outgoing = computed<Outgoing[]>(() =>
  outbox.items.value.filter((item) => !messages.value.some((message) => isSame(item, message))),
)

/** What the citizen has not looked at yet, for the number on the start page. */
export const unread = computed(
  () => messages.value.filter((one) => one.author !== 'citizen' && Date.parse(one.at) > seen.value).length,
)

export function markSeen(): void {
  const last = Math.max(0, ...messages.value.map((message) => Date.parse(message.at)))
  if (last <= seen.value) return
  seen.value = last
  keep(SEEN, last)
}

/** Fetches the conversation and keeps it current; nothing happens for a visitor who has never written. */
export async function openConversation(): Promise<void> {
  try {
    if (!(await knownVisitor())) return
    const found = await loadConversation()
    show(found.messages)
    standing.value = found
    loadProblem.value = null
    keepCurrent()
  } catch (error) {
    if (!isTrouble(error)) throw error
    loadProblem.value = error
  }
}

/** Sends what was left over from before, and again whenever the connection returns. */
export function keepSending(): void {
  window.addEventListener('online', () => {
    void outbox.flush()
    if (loadProblem.value) void openConversation()
  })
  whenChangedElsewhere(OUTBOX, () => outbox.reread())
  void outbox.flush()
}

/** Whether a message of the conversation is this one of the outbox. */
export function isSame(item: Outgoing, message: Message): boolean {
  return message.client_id === item.id || message.id === item.id || message.id === item.messageId
}

/** Shows the whole conversation, in its order; what arrived is no longer on its way. */
function show(found: readonly Message[]): void {
  // The thread runs over all conversations of this visitor; numbers begin anew in each.
  messages.value = [...found].sort((a, b) => Date.parse(a.at) - Date.parse(b.at) || a.seq - b.seq)
  for (const item of outbox.items.value) {
    if (messages.value.some((message) => isSame(item, message))) outbox.drop(item.id)
  }
}

function keepCurrent(): void {
  if (following) return
  following = true
  follow<Message>('citizen.messages', show)
  follow<QueueStanding>('citizen.state', (found) => {
    if (found[0]) standing.value = found[0]
  })
}

/** The first acknowledged message gave this visitor a conversation to follow. */
async function joinOnce(): Promise<void> {
  if (!following) await openConversation()
}
