/** A desk for tests: a component of it, mounted where a server tells what the given feeds hold. */
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { vi } from 'vitest'
import type { Component } from 'vue'
import { createMemoryHistory, createRouter, type Router } from 'vue-router'
import { createLanguages } from '@/i18n/language'
import { createLive } from '@/live/live'
import { useAgent } from './agent'
import { catalogues } from './messages'
import { useSession } from './session'

type Entity = { version: number }
export type Feeds = Readonly<Record<string, readonly Entity[]>>

/** A web socket behind which each feed holds these. */
export function serving(feeds: Feeds) {
  return class {
    onopen: (() => void) | null = null
    onmessage: ((event: { data: string }) => void) | null = null
    onclose = null

    constructor() {
      queueMicrotask(() => this.onopen?.())
    }

    send(data: string): void {
      const { watch, feed } = JSON.parse(data) as { watch: string; feed: string }
      const entities = (feeds[feed] ?? []).map((one) => {
        const { id, user_id: user } = one as { id?: string; user_id?: string }
        return { id: id ?? user, version: one.version, data: one }
      })
      const message = JSON.stringify({ type: 'snapshot', watch, cursor: 1, entities })
      queueMicrotask(() => this.onmessage?.({ data: message }))
    }

    close(): void {}
  }
}

interface Stand {
  made: VueWrapper
  agent: ReturnType<typeof useAgent>
  router: Router
  /** Where the agent is writing. */
  field: HTMLInputElement
}

/** Mount `component` for a signed-in agent; unstub the globals afterwards. */
export async function atDesk(component: Component, feeds: Feeds, props: Record<string, unknown> = {}): Promise<Stand> {
  vi.stubGlobal('WebSocket', serving(feeds))
  const pinia = createPinia()
  setActivePinia(pinia)
  const blank = { template: '<div />' }
  const routes = ['desk', 'case', 'missed', 'to-file'].map((name) => ({ path: `/${name}/:no?`, name, component: blank }))
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/', component: blank }, ...routes] })
  const live = createLive('staff', () => undefined)
  useSession().me = { id: 'me', name: 'Zhou', roles: ['agent'], capabilities: ['desk.work'], unit_id: null, csrf: '' }
  const field = document.body.appendChild(document.createElement('input'))
  field.focus()
  const plugins = [pinia, createLanguages(catalogues), live, router]
  const made = mount(component, { props, global: { plugins }, attachTo: document.body })
  live.client.start()
  await flushPromises()
  return { made, agent: useAgent(), router, field }
}
