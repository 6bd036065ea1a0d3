import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { api, reply, setCsrf } from '@/api/client'
import { Problem } from '@/api/problem'
import type { SessionView } from '@/api/types'

/** Who is signed in here, and what they may do. */
export const useSession = defineStore('session', () => {
  const me = ref<SessionView | null>(null)
  const isChecked = ref(false)
  const listeners: (() => void)[] = []

  function enter(view: SessionView): void {
    const isNew = me.value?.id !== view.id
    me.value = view
    isChecked.value = true
    setCsrf(view.csrf)
    if (isNew) for (const listener of listeners) listener()
  }

  function forget(): void {
    me.value = null
    isChecked.value = true
    setCsrf(null)
  }

  /** Ask the server who we are; without an answer nothing is concluded. */
  async function check(): Promise<void> {
    try {
      enter(await reply(api.GET('/api/session')))
    } catch (thrown) {
      if (thrown instanceof Problem && thrown.status === 401) forget()
    }
  }

  async function signIn(account: string, password: string): Promise<void> {
    enter(await reply(api.POST('/api/session', { body: { account, password } })))
  }

  async function signOut(): Promise<void> {
    await reply(api.DELETE('/api/session'))
    forget()
  }

  function onSignedIn(listener: () => void): void {
    listeners.push(listener)
  }

  const capabilities = computed(() => new Set(me.value?.capabilities ?? []))
  const may = (...any: string[]): boolean => any.some((capability) => capabilities.value.has(capability))

  return { me, isChecked, check, signIn, signOut, forget, onSignedIn, may }
})

export type Session = ReturnType<typeof useSession>
