import { onScopeDispose, reactive, ref, watch, type Ref } from 'vue'
import { api, reply } from '@/api/client'
import { useLive } from '@/live/live'
import { emptyForm, formFrom, type CaseForm } from './caseForm'
import { changedByHand } from './prefill'
import { Draft, type DraftState, type StoredDraft } from './draft'

export interface DraftForm {
  form: CaseForm
  state: Ref<DraftState>
  savedAt: Ref<number | null>
  /** Change the form by something else than a person's hand: that alone is no draft to be kept. */
  write: (change: (form: CaseForm) => void) => void
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
  let isOpen = false
  // `loading` until the form shows the stored draft: before that nothing else fills it.
  draft.onChange = () => {
    if (isOpen) show()
  }

  function show(): void {
    state.value = draft.state
    savedAt.value = draft.savedAt
  }

  let before = { ...form }

  function write(change: (form: CaseForm) => void): void {
    isFilling = true
    change(form)
    before = { ...form }
    isFilling = false
  }

  function fill(stored: Record<string, unknown> | null): void {
    if (stored) write(() => Object.assign(form, formFrom(stored)))
  }

  function changed(): void {
    const byHand = new Set([...form.by_hand, ...changedByHand(before, form)])
    if (byHand.size > form.by_hand.length) write(() => (form.by_hand = [...byHand]))
    before = { ...form }
    draft.changed({ ...form })
  }

  /** The stored draft is here: what was typed while it was on its way goes before it, and is saved. */
  function opened(stored: Record<string, unknown> | null): void {
    const typed = typedSince(before, form)
    fill(stored)
    Object.assign(form, typed)
    isOpen = true
    show()
    if (Object.keys(typed).length > 0) changed()
  }

  watch(
    form,
    () => {
      if (!isFilling && isOpen) changed()
    },
    { flush: 'sync' },
  )
  draft.open().then(opened, onTrouble)
  const { status } = useLive()
  watch(status, (now) => {
    if (now === 'open' && draft.state === 'kept_here') void draft.flush().catch(onTrouble)
  })
  onScopeDispose(() => draft.end())

  return {
    form,
    state,
    savedAt,
    write,
    reset(fresh) {
      write(() => Object.assign(form, emptyForm(fresh)))
      isOpen = true
      draft.discard()
    },
    keepMine: () => void draft.overwrite().catch(onTrouble),
    takeOther: () => void draft.takeOther().then(fill, onTrouble),
  }
}

function typedSince(before: CaseForm, form: CaseForm): Partial<CaseForm> {
  const names = Object.keys(form) as (keyof CaseForm)[]
  return Object.fromEntries(names.filter((name) => form[name] !== before[name]).map((name) => [name, form[name]]))
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
