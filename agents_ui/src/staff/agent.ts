import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { api, reply } from '@/api/client'
import { endWrapUp, extendWrapUp } from '@/api/calls'
import type { AgentStateView, CallPop, DeskItem } from '@/api/types'
import { useLiveView } from '@/live/live'
import { useKept } from './kept'
import { useSession } from './session'

/** Why an agent takes nothing for a while; the words are in the catalogue `staff`. */
export const BUSY_REASONS = ['break', 'meal', 'training', 'meeting', 'casework', 'other'] as const
export type BusyReason = (typeof BUSY_REASONS)[number]

/** The agent at this desk: state, what is offered, what is being served. Follows the server live. */
export const useAgent = defineStore('agent', () => {
  const session = useSession()
  const isAgent = computed(() => session.may('desk.work'))
  const states = useLiveView<AgentStateView>('my.agent', null, isAgent)
  const work = useLiveView<DeskItem>('my.desk', null, isAgent)
  const calls = useLiveView<CallPop>('my.calls', null, isAgent)

  const answered = ref<AgentStateView | null>(null)
  const view = computed<AgentStateView | null>(() => {
    const live = states.items.value[0] ?? null
    const own = answered.value
    return own && (!live || own.version > live.version) ? own : live
  })
  const offers = computed(() => work.items.value.filter((one) => one.kind === 'offer'))
  const conversations = computed(() =>
    work.items.value
      .filter((one) => one.kind === 'conversation')
      .sort((a, b) => a.waiting_since.localeCompare(b.waiting_since)),
  )

  const callItems = computed(() => work.items.value.filter((one) => one.kind === 'call'))
  /** The call that rings, goes on or is being wrapped up: an agent has one at most. */
  const call = computed<CallPop | null>(() => {
    return [...calls.items.value].sort((a, b) => b.arrived_at.localeCompare(a.arrived_at))[0] ?? null
  })
  const wrapUpUntil = computed(() => (view.value?.activity === 'wrap_up' ? (view.value.activity_until ?? null) : null))
  /** What may be worked on: an offer, or a call that only rings, is not mine yet. */
  const held = computed(() => [
    ...conversations.value,
    ...callItems.value.filter((one) => one.state !== 'offered'),
  ])

  /** The conversation open at the desk; kept while looking at other pages, and over a reload. */
  const selected = useKept('desk.conversation')
  const current = computed(() => held.value.find((one) => one.conversation_id === selected.value) ?? null)

  async function setState(state: 'ready' | 'busy', reason: BusyReason | null = null): Promise<void> {
    answered.value = await reply(api.PUT('/api/agent/state', { body: { state, reason } }))
  }

  /** Busy, and why; said again, only the reason changes. */
  const beBusy = (reason: BusyReason): Promise<void> => setState('busy', reason)

  async function toggle(): Promise<void> {
    // Saying "ready" ends a wrap-up, whatever was said before the call.
    const isReady = view.value?.state === 'ready' && view.value.activity !== 'wrap_up'
    await setState(isReady ? 'busy' : 'ready')
  }

  async function accept(itemId: string): Promise<string> {
    const path = { item_id: itemId }
    const taken = await reply(api.POST('/api/queue/items/{item_id}/accept', { params: { path } }))
    selected.value = taken.conversation_id
    return taken.conversation_id
  }

  /** Take a conversation whose agent is away. */
  async function takeOver(conversationId: string): Promise<void> {
    const path = { conversation_id: conversationId }
    const taken = await reply(api.POST('/api/conversations/{conversation_id}/take', { params: { path } }))
    selected.value = taken.conversation_id
  }

  async function decline(itemId: string): Promise<void> {
    const path = { item_id: itemId }
    await reply(api.POST('/api/queue/items/{item_id}/decline', { params: { path } }))
  }

  /** More time to write down what was said. */
  async function extend(): Promise<void> {
    answered.value = await extendWrapUp()
  }

  /** Done with the call: ready again, or as before it. */
  async function endWrap(): Promise<void> {
    answered.value = await endWrapUp()
  }

  const loaded = computed(() => work.loaded.value)
  return {
    ...{ isAgent, view, offers, conversations, call, held, wrapUpUntil, selected, current, loaded },
    ...{ toggle, beBusy, accept, takeOver, decline, extend, endWrap },
  }
})
