import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { api, reply } from '@/api/client'
import { Problem, Unreachable } from '@/api/problem'
import type { HealthView } from '@/api/types'

const EVERY = 60_000

/** Which parts of the hotline are there and well; asked once a minute while a page is shown. */
export const useHealth = defineStore('health', () => {
  const health = ref<HealthView | null>(null)
  const telephony = computed(() => health.value?.parts['telephony']?.state ?? null)
  let timer: ReturnType<typeof setInterval> | undefined

  async function look(): Promise<void> {
    try {
      health.value = await reply(api.GET('/healthz'))
    } catch (thrown) {
      // The offline banner tells that already.
      if (!(thrown instanceof Problem || thrown instanceof Unreachable)) throw thrown
    }
  }

  function begin(): void {
    void look()
    timer ??= setInterval(() => void look(), EVERY)
  }

  function end(): void {
    clearInterval(timer)
    timer = undefined
  }

  return { health, telephony, begin, end, look }
})
