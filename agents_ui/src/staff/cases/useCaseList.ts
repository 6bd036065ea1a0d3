import { computed, onScopeDispose, ref, watch, type ComputedRef, type Ref } from 'vue'
import { api, reply } from '@/api/client'
import type { CaseBrief, CaseState, Urgency } from '@/api/types'
import { useLiveView } from '@/live/live'

export interface CaseFilters {
  state: CaseState | ''
  urgency: Urgency | ''
  unit_id: string
  q: string
  overdue: boolean
  mine: boolean
}

export const NO_FILTERS: CaseFilters = { state: '', urgency: '', unit_id: '', q: '', overdue: false, mine: false }

const ASK_AFTER = 250
const REFRESH_AFTER = 800
const PAGE = 50

/** Cases by filter, a page at a time; what changes is shown at once, what appears is read soon after. */
export function useCaseList(
  filters: CaseFilters,
  onTrouble: (thrown: unknown) => void,
): {
  rows: ComputedRef<CaseBrief[]>
  loaded: Ref<boolean>
  next: Ref<string | null>
  at: Readonly<Ref<number | null>>
  more: () => Promise<void>
  read: () => Promise<void>
} {
  const base = ref<CaseBrief[]>([])
  const next = ref<string | null>(null)
  const loaded = ref(false)
  const live = useLiveView<CaseBrief>('cases')
  let turn = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  function query(cursor?: string) {
    const { state, urgency, unit_id, q, overdue, mine } = filters
    return {
      limit: PAGE,
      ...(state && { state: [state] }),
      ...(urgency && { urgency }),
      ...(unit_id && { unit_id }),
      ...(q.trim() && { q: q.trim() }),
      ...(overdue && { overdue }),
      ...(mine && { mine }),
      ...(cursor && { cursor }),
    }
  }

  async function read(): Promise<void> {
    turn += 1
    const mine = turn
    try {
      const page = await reply(api.GET('/api/cases', { params: { query: query() } }))
      if (mine !== turn) return
      base.value = page.items
      next.value = page.next
      loaded.value = true
    } catch (thrown) {
      if (mine === turn) onTrouble(thrown)
    }
  }

  async function more(): Promise<void> {
    if (!next.value) return
    const mine = turn
    try {
      const page = await reply(api.GET('/api/cases', { params: { query: query(next.value) } }))
      if (mine !== turn) return
      base.value = [...base.value, ...page.items]
      next.value = page.next
    } catch (thrown) {
      if (mine === turn) onTrouble(thrown)
    }
  }

  function soon(milliseconds: number): void {
    clearTimeout(timer)
    timer = setTimeout(() => void read(), milliseconds)
  }

  watch(filters, () => soon(ASK_AFTER))
  watch(live.at, (_now, before) => {
    // The first snapshot says nothing new; later on something came, moved or went.
    if (before !== null) soon(REFRESH_AFTER)
  })
  onScopeDispose(() => clearTimeout(timer))
  void read()

  const fresh = computed(() => new Map(live.items.value.map((brief) => [brief.id, brief])))
  const rows = computed(() =>
    base.value.map((brief) => {
      const newer = fresh.value.get(brief.id)
      return newer && newer.version > brief.version ? newer : brief
    }),
  )
  return { rows, loaded, next, at: live.at, more, read }
}
