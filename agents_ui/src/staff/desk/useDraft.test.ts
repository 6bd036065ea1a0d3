import { beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, nextTick, ref, watch } from 'vue'
import { emptyForm, type CaseForm } from './caseForm'
import type { StoredDraft } from './draft'
import { useDraft, type DraftForm } from './useDraft'

const server = vi.hoisted(() => ({ GET: vi.fn(), PUT: vi.fn() }))
vi.mock('@/api/client', () => ({ api: server, reply: (answer: unknown) => answer }))
vi.mock('@/live/live', () => ({ useLive: () => ({ status: ref('open') }) }))

const stored = (changes: Partial<CaseForm>): StoredDraft => ({
  version: 3,
  form: { ...emptyForm(), ...changes },
  updated_at: '2026-11-22T06:02:41Z',
})
const nothing: StoredDraft = { version: 0, form: {}, updated_at: null }

/** A form whose draft is still on its way; `arrive` brings it, `leave` leaves the page of the form. */
function loading() {
  let answer: (draft: StoredDraft) => void = () => undefined
  server.GET.mockReturnValue(new Promise<StoredDraft>((done) => (answer = done)))
  server.PUT.mockImplementation(async (_path: string, sent: { body: { version: number; form: CaseForm } }) => ({
    ...sent.body,
    version: sent.body.version + 1,
    updated_at: '',
  }))
  const scope = effectScope()
  const trouble = vi.fn()
  const draft = scope.run(() => useDraft('talk', { name: '李桂兰' }, trouble)) as DraftForm
  async function arrive(draftThere: StoredDraft): Promise<void> {
    answer(draftThere)
    await vi.waitFor(() => expect(draft.state.value).not.toBe('loading'))
  }
  const leave = (): void => scope.stop()
  const saved = (): unknown => server.PUT.mock.lastCall?.[1].body
  return { ...draft, scope, trouble, arrive, leave, saved }
}

beforeEach(() => sessionStorage.clear())

describe('a form whose draft is still loading', () => {
  it('keeps what is typed meanwhile over what was stored, and the rest as stored', async () => {
    const { form, arrive, leave } = loading()
    form.content = '3号楼电梯停了'
    await arrive(stored({ key: 'k', title: 'stored', content: 'old', requester_name: '王强' }))
    expect(form).toMatchObject({ key: 'k', title: 'stored', content: '3号楼电梯停了', requester_name: '王强' })
    leave()
  })

  it('saves what was typed meanwhile, over the version that was stored', async () => {
    const { form, state, arrive, leave, saved, trouble } = loading()
    form.room = '502'
    await arrive(stored({ title: 'stored' }))
    expect(state.value).toBe('waiting')
    leave()
    expect(saved()).toMatchObject({ version: 3, form: { title: 'stored', room: '502' } })
    expect(trouble).not.toHaveBeenCalled()
  })

  it('saves what was typed meanwhile when nothing was stored', async () => {
    const { form, arrive, leave, saved } = loading()
    form.title = 'lift'
    await arrive(nothing)
    leave()
    expect(saved()).toMatchObject({ version: 0, form: { title: 'lift', by_hand: ['title'] } })
  })

  it('has what was typed meanwhile on this computer until it is saved', async () => {
    const { form, arrive, leave } = loading()
    form.title = 'lift'
    await arrive(nothing)
    expect(JSON.parse(sessionStorage.getItem('hotline.draft.talk') ?? '{}')).toMatchObject({ title: 'lift' })
    leave()
  })

  it('knows what was typed meanwhile as written by hand, beside what was so before', async () => {
    const { form, arrive, leave } = loading()
    form.title = 'lift'
    await arrive(stored({ title: 'read', filled: { title: 'read' }, address: 'here', by_hand: ['address'] }))
    expect([...form.by_hand].sort()).toEqual(['address', 'title'])
    leave()
  })

  it('puts typed text over the copy of this computer too', async () => {
    sessionStorage.setItem('hotline.draft.talk', JSON.stringify({ ...emptyForm(), title: 'kept', room: '1' }))
    const { form, arrive, leave, saved } = loading()
    form.room = '502'
    await arrive(stored({ title: 'stored' }))
    expect(form).toMatchObject({ title: 'kept', room: '502' })
    leave()
    expect(saved()).toMatchObject({ version: 3, form: { title: 'kept', room: '502' } })
  })

  it('is the stored draft when nothing was typed, and saves nothing', async () => {
    const { form, state, arrive, leave } = loading()
    form.title = 'l'
    form.title = ''
    await arrive(stored({ title: 'stored' }))
    expect([form.title, state.value]).toEqual(['stored', 'saved'])
    leave()
    expect(server.PUT).not.toHaveBeenCalled()
  })

  it('begins anew when its case is registered before the draft is there, and saves what comes next', async () => {
    const { form, state, reset, arrive, leave, saved } = loading()
    form.title = 'registered'
    reset({})
    await arrive(stored({ title: 'stored' }))
    expect([form.title, state.value]).toEqual(['', 'unchanged'])
    form.title = 'next'
    leave()
    expect(saved()).toMatchObject({ version: 0, form: { title: 'next' } })
  })

  it('is filled by nothing else before the draft is in it', async () => {
    const { form, state, scope, write, arrive, leave } = loading()
    const seen: string[] = []
    scope.run(() =>
      watch(state, () => {
        seen.push(form.title)
        write((its) => (its.urgency = 'E1'))
      }),
    )
    form.content = 'typed'
    await arrive(stored({ title: 'stored' }))
    await nextTick()
    expect(seen[0]).toBe('stored')
    expect(form).toMatchObject({ title: 'stored', content: 'typed', urgency: 'E1' })
    leave()
  })
})
