import { onScopeDispose, reactive, ref, watch, type Ref } from 'vue'
import { api, reply } from '@/api/client'
import { useLive } from '@/live/live'
import { emptyForm, formFrom, type CaseForm } from './caseForm'
import { Draft, type DraftState, type StoredDraft } from './draft'

export interface DraftForm {
  form: CaseForm
  state: Ref<DraftState>
  savedAt: Ref<number | null>
  /** Begin anew, after the case was registered. */
  reset: (known: Known) => void
  keepMine: () => void
  takeOther: () => void
}

type Known = { name?: string | null; phone?: string | null }

/** The case form under `key`, with its draft on the server; `known` fills what is known before any draft. */
export function useDraft(key: string, known: Known, onTrouble: (thrown: unknown) => void): DraftForm {
  const form = reactive(emptyForm(known))
  const state = ref<DraftState>('loading')
  const savedAt = ref<number | null>(null)
  const draft = new Draft(ports(key))
  let isFilling = false
  draft.onChange = () => {
    state.value = draft.state
    savedAt.value = draft.savedAt
  }

  function fill(stored: Record<string, unknown> | null): void {
    if (!stored) return
    isFilling = true
    Object.assign(form, formFrom(stored))
    isFilling = false
  }

  watch(
    form,
    () => {
      if (!isFilling && state.value !== 'loading') draft.changed({ ...form })
    },
    { flush: 'sync' },
  )
  draft.open().then(fill, onTrouble)
  const { status } = useLive()
  watch(status, (now) => {
    if (now === 'open' && draft.state === 'kept_here') void draft.flush().catch(onTrouble)
  })
  onScopeDispose(() => draft.end())

  return {
    form,
    state,
    savedAt,
    reset(fresh) {
      isFilling = true
      Object.assign(form, emptyForm(fresh))
      isFilling = false
      draft.discard()
    },
    keepMine: () => void draft.overwrite().catch(onTrouble),
    takeOther: () => void draft.takeOther().then(fill, onTrouble),
  }
}

function ports(key: string): ConstructorParameters<typeof Draft>[0] {
  const path = { key }
  const place = `hotline.draft.${key}`
  return {
    async load(): Promise<StoredDraft | null> {
      const draft = await reply(api.GET('/api/desk/drafts/{key}', { params: { path } }))
      return draft.version > 0 ? draft : null
    },
    save: (version, form) => reply(api.PUT('/api/desk/drafts/{key}', { params: { path }, body: { version, form } })),
    // Only for this tab: another person at this computer does not find it.
    keep: (form) => (form ? sessionStorage.setItem(place, JSON.stringify(form)) : sessionStorage.removeItem(place)),
    kept() {
      const text = sessionStorage.getItem(place)
      return text ? (JSON.parse(text) as Record<string, unknown>) : null
    },
    after(milliseconds, then) {
      const timer = setTimeout(then, milliseconds)
      return () => clearTimeout(timer)
    },
    now: () => Date.now(),
  }
}
