import { describe, expect, it } from 'vitest'
import type { FieldName } from '@/api/types'
import { emptyForm, isBlank, type CaseForm } from './caseForm'
import { changedByHand, fill, guesses, stands, toFill, undecided } from './prefill'
import type { Suggested } from './reading'

const WHY = { kind: 'classifier', top: [], parts: {}, sounds_like: [] } as const
const BARE = { category: null, rule: null, route: null, route_category: null, route_area: null }

function suggested(field: FieldName, value: string, changes: Partial<Suggested> = {}): Suggested {
  const reason = { ...BARE, ...WHY, top: [], sounds_like: [], parts: {} }
  return { field, value, label: [], confidence: 0.9, needs_human: false, evidence: null, reason, state: 'proposed', ...changes }
}

const follows = (category: string): Suggested['reason'] => ({ ...BARE, ...WHY, top: [], sounds_like: [], kind: 'category', category })
const category = suggested('category_code', 'LT-01-01')
const title = suggested('title', '五一路 单灯不亮', { reason: follows('LT-01-01') })
const address = suggested('address', '五一路12号')

function filledWith(form: CaseForm, ...suggestions: Suggested[]): CaseForm {
  fill(form, toFill(form, Object.fromEntries(suggestions.map((one) => [one.field, one]))))
  return form
}

/** As the form's draft does it when a person types. */
function typed(form: CaseForm, changes: Partial<CaseForm>): CaseForm {
  const before = { ...form }
  Object.assign(form, changes)
  form.by_hand = [...new Set([...form.by_hand, ...changedByHand(before, form)])]
  return form
}

describe('what is filled in', () => {
  it('is what is suggested for empty fields', () => {
    expect(filledWith(emptyForm(), category, title, address)).toMatchObject({
      category_code: 'LT-01-01',
      title: '五一路 单灯不亮',
      address: '五一路12号',
    })
  })

  it('is no draft that anybody would miss', () => {
    const form = filledWith(emptyForm(), category, title, address)
    expect(isBlank(form)).toBe(true)
    expect(isBlank(typed(form, { title: '单灯不亮' }))).toBe(false)
  })

  it('follows a newer reading as long as nobody wrote there', () => {
    const form = filledWith(emptyForm(), address)
    expect(filledWith(form, suggested('address', '五一路 文化路')).address).toBe('五一路 文化路')
  })

  it('never replaces what was typed, before or after', () => {
    const form = typed(emptyForm(), { address: '我写的' })
    expect(filledWith(form, address).address).toBe('我写的')
    typed(filledWith(form, category, title), { title: '我的标题' })
    expect(filledWith(form, category, suggested('title', '别的', { reason: follows('LT-01-01') })).title).toBe('我的标题')
  })

  it('stays away from a field that somebody emptied', () => {
    const form = typed(filledWith(emptyForm(), address), { address: '' })
    expect(filledWith(form, suggested('address', '五一路 文化路')).address).toBe('')
  })

  it('does not touch an older draft, of which nobody knows who wrote it', () => {
    expect(filledWith({ ...emptyForm(), title: '旧草稿' }, category, title).title).toBe('旧草稿')
  })

  it('goes when it is rejected', () => {
    const form = filledWith(emptyForm(), category, title, address)
    expect(filledWith(form, category, title, { ...address, state: 'rejected' }).address).toBe('')
  })

  it('goes when the category goes from which it follows', () => {
    const form = filledWith(emptyForm(), category, title)
    expect(filledWith(form, { ...category, state: 'rejected' }, title)).toMatchObject({ category_code: null, title: '' })
    const other = typed(filledWith(emptyForm(), category, title), { category_code: 'HT-01-01' })
    expect(filledWith(other, category, title)).toMatchObject({ category_code: 'HT-01-01', title: '' })
  })

  it('waits for a person where nobody should rely on it', () => {
    const faint = { ...category, needs_human: true }
    expect(filledWith(emptyForm(), faint).category_code).toBeNull()
    expect(filledWith(emptyForm(), { ...faint, state: 'accepted' }).category_code).toBe('LT-01-01')
  })
})

describe('what is left to decide', () => {
  const all = { category_code: category, title, address, unit_id: suggested('unit_id', 'u1', { reason: follows('LT-01-01') }) }

  it('is in the form’s order', () => {
    const form = filledWith(emptyForm(), category, title, address)
    expect(undecided(form, all)).toEqual(['title', 'category_code', 'address', 'unit_id'])
  })

  it('is nothing that somebody wrote or decided', () => {
    const form = typed(filledWith(emptyForm(), category, title, address), { title: '我的', unit_id: 'u2' })
    expect(undecided(form, { ...all, address: { ...address, state: 'accepted' } })).toEqual(['category_code'])
  })

  it('leaves the urgency of an alarm to the alarm', () => {
    const urgency = suggested('urgency', 'E0', { reason: { ...follows('x'), kind: 'emergency', category: null, rule: 'U1' } })
    expect(undecided(emptyForm(), { urgency })).toEqual([])
  })
})

describe('guesses', () => {
  const top = [{ category_code: 'LT-01-01', label: ['照明', '路灯', '单灯不亮'], confidence: 0.4 }]
  const faint = suggested('category_code', 'LT-01-01', { needs_human: true, reason: { ...follows('x'), kind: 'classifier', top } })

  it('are offered while no category is sure', () => {
    expect(guesses(faint)).toEqual(top)
    expect(guesses({ ...faint, needs_human: false })).toEqual([])
    expect(guesses({ ...faint, state: 'accepted' })).toEqual([])
  })
})

describe('a suggestion', () => {
  it('that follows from a category stands with that category only', () => {
    expect(stands({ category_code: 'LT-01-01' }, title)).toBe(true)
    expect(stands({ category_code: null }, title)).toBe(false)
  })
})
