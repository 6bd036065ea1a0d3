import {
  computed,
  inject,
  onScopeDispose,
  readonly,
  ref,
  shallowRef,
  toValue,
  watch,
  type App,
  type ComputedRef,
  type InjectionKey,
  type MaybeRefOrGetter,
  type Ref,
} from 'vue'
import type { Entity } from './changes'
import { LiveClient, type LiveStatus, type Socket } from './liveClient'

export interface Live {
  client: LiveClient
  status: Readonly<Ref<LiveStatus>>
  /** When the server was last heard to be in step (ms); the age of everything live. */
  since: Readonly<Ref<number | null>>
}

const LIVE: InjectionKey<Live> = Symbol('live')

/** The live connection of a page: `app.use(live)`, then `live.client.start()` once signed in. */
export function createLive(audience: 'staff' | 'citizen', onLost: () => void): Live & { install(app: App): void } {
  const status = ref<LiveStatus>('connecting')
  const since = ref<number | null>(null)
  const client = new LiveClient({ open: () => openSocket(audience), onLost })
  client.onStatus = (now) => {
    if (status.value === 'open') since.value = Date.now()
    status.value = now
  }
  window.addEventListener('online', () => client.retryNow())
  const live: Live = { client, status: readonly(status), since: readonly(since) }
  return { ...live, install: (app) => void app.provide(LIVE, live) }
}

function openSocket(audience: 'staff' | 'citizen'): Socket {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
  const suffix = audience === 'citizen' ? '?as=citizen' : ''
  return new WebSocket(`${scheme}://${location.host}/api/live${suffix}`) as unknown as Socket
}

export function useLive(): Live {
  const live = inject(LIVE)
  if (!live) throw new Error('no live connection was provided')
  return live
}

export interface LiveView<T> {
  entities: Readonly<Ref<readonly Entity<T>[]>>
  items: ComputedRef<readonly T[]>
  /** False until the first snapshot: then an empty list means that there is nothing. */
  loaded: Readonly<Ref<boolean>>
  refused: Readonly<Ref<string | null>>
  at: Readonly<Ref<number | null>>
}

/** Watch a feed for as long as the component lives; while `enabled` is false, nothing is watched. */
export function useLiveView<T>(
  feed: string,
  key: MaybeRefOrGetter<string | null> = null,
  enabled: MaybeRefOrGetter<boolean> = true,
): LiveView<T> {
  const { client } = useLive()
  const entities = shallowRef<readonly Entity<T>[]>([])
  const loaded = ref(false)
  const refused = ref<string | null>(null)
  const at = ref<number | null>(null)
  let end: () => void = () => undefined
  watch(
    [() => toValue(key), () => toValue(enabled)] as const,
    ([wanted, isEnabled]) => {
      end()
      end = () => undefined
      entities.value = []
      loaded.value = false
      refused.value = null
      if (!isEnabled) return
      end = client.watch(feed, wanted, {
        changed(shown) {
          entities.value = [...shown.values()] as Entity<T>[]
          loaded.value = true
          at.value = Date.now()
        },
        refused(code) {
          refused.value = code
        },
      })
    },
    { immediate: true },
  )
  onScopeDispose(() => end())
  const items = computed(() => entities.value.map((entity) => entity.data))
  return { entities, items, loaded, refused, at }
}
