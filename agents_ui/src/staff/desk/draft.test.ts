import { describe, expect, it, vi } from 'vitest'
import { Problem, Unreachable } from '@/api/problem'
import { Draft, type StoredDraft } from './draft'

type Form = Record<string, unknown>

function setUp(stored: StoredDraft | null = null, kept: Form | null = null) {
  const waits: { milliseconds: number; then: () => void }[] = []
  const copy = { form: kept }
  const save = vi.fn(async (version: number, form: Form) => ({ version: version + 1, form, updated_at: '' }))
  const load = vi.fn(async () => stored)
  const draft = new Draft({
    load,
    save,
    keep: (form) => {
      copy.form = form
    },
    kept: () => copy.form,
    after(milliseconds, then) {
      waits.push({ milliseconds, then })
      return () => undefined
    },
    now: () => 1000,
  })
  const settle = (): Promise<void> => new Promise((done) => setTimeout(done))
  return { draft, save, load, waits, copy, settle }
}

const written = (title: string): Form => ({ title })
const conflict = new Problem({ title: 'changed', status: 409, code: 'changed_meanwhile' })

describe('a draft', () => {
  it('begins with what was saved', async () => {
    const { draft } = setUp({ version: 3, form: written('saved'), updated_at: '2026-11-22T06:02:41Z' })
    expect(await draft.open()).toEqual(written('saved'))
    expect(draft.savedAt).toBe(Date.parse('2026-11-22T06:02:41Z'))
  })

  it('begins with what was not saved yet, and saves it', async () => {
    const { draft, save, waits, settle } = setUp({ version: 3, form: written('old'), updated_at: '' }, written('newer'))
    expect(await draft.open()).toEqual(written('newer'))
    waits[0]!.then()
    await settle()
    expect(save).toHaveBeenCalledWith(3, written('newer'))
  })

  it('is saved two seconds after the first change, with all that was typed meanwhile', async () => {
    const { draft, save, waits, copy, settle } = setUp()
    await draft.open()
    draft.changed(written('a'))
    draft.changed(written('ab'))
    expect(waits.map((w) => w.milliseconds)).toEqual([2000])
    expect(copy.form).toEqual(written('ab'))
    waits[0]!.then()
    await settle()
    expect(save).toHaveBeenCalledExactlyOnceWith(0, written('ab'))
    expect([draft.state, draft.savedAt, copy.form]).toEqual(['saved', 1000, null])
  })

  it('typed on while it was being saved is saved again, with the new version', async () => {
    const { draft, save, waits, settle } = setUp()
    await draft.open()
    draft.changed(written('a'))
    waits[0]!.then()
    draft.changed(written('ab'))
    await settle()
    expect(draft.state).toBe('waiting')
    waits.at(-1)!.then()
    await settle()
    expect(save).toHaveBeenLastCalledWith(1, written('ab'))
    expect(draft.state).toBe('saved')
  })

  it('stays on this computer while the server is away, and is tried again', async () => {
    const { draft, save, waits, copy, settle } = setUp()
    await draft.open()
    save.mockRejectedValueOnce(new Unreachable(null))
    draft.changed(written('a'))
    waits[0]!.then()
    await settle()
    expect([draft.state, copy.form]).toEqual(['kept_here', written('a')])
    waits.at(-1)!.then()
    await settle()
    expect(draft.state).toBe('saved')
  })

  it('written on another page too is asked about, never replaced', async () => {
    const { draft, save, load, waits, settle } = setUp()
    await draft.open()
    save.mockRejectedValueOnce(conflict)
    draft.changed(written('mine'))
    waits[0]!.then()
    await settle()
    expect(draft.state).toBe('conflict')
    load.mockResolvedValue({ version: 7, form: written('theirs'), updated_at: '' })
    await draft.overwrite()
    expect(save).toHaveBeenLastCalledWith(7, written('mine'))
  })

  it('can be given up for what the other page wrote', async () => {
    const { draft, save, load, waits, settle } = setUp()
    await draft.open()
    save.mockRejectedValueOnce(conflict)
    draft.changed(written('mine'))
    waits[0]!.then()
    await settle()
    load.mockResolvedValue({ version: 7, form: written('theirs'), updated_at: '' })
    expect(await draft.takeOther()).toEqual(written('theirs'))
  })

  it('of a registered case is gone', async () => {
    const { draft, save, waits, copy, settle } = setUp()
    await draft.open()
    draft.changed(written('a'))
    draft.discard()
    waits[0]!.then()
    await settle()
    expect(save).not.toHaveBeenCalled()
    expect(copy.form).toBeNull()
  })

  it('of a case registered before it was loaded is gone too', async () => {
    const old = { version: 3, form: written('old'), updated_at: '' }
    const { draft, save, waits, copy, settle } = setUp(old, written('kept'))
    const opening = draft.open()
    draft.discard()
    expect(await opening).toBeNull()
    expect([draft.state, draft.savedAt, copy.form]).toEqual(['unchanged', null, null])
    draft.changed(written('next'))
    waits[0]!.then()
    await settle()
    expect(save).toHaveBeenCalledExactlyOnceWith(0, written('next'))
  })
})
