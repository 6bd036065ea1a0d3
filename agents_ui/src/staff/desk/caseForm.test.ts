import { describe, expect, it } from 'vitest'
import type { TaxonomyLeaf } from '@/api/types'
import { emptyForm, formFrom, isBlank, missingFor, registerBody, repairOf, slaFor, type CaseForm } from './caseForm'

const leaf: TaxonomyLeaf = {
  code: 'WS-02-04',
  name: 'leaking valve',
  urgency: 'E1',
  sla: 'HH6',
  request_types: ['help'],
  cues: [],
  default_unit_code: 'U-WS',
}
const around: Parameters<typeof registerBody>[2] = { conversationId: 'c1', channel: 'web', leaf, unitId: 'u1', isDanger: false }

function written(changes: Partial<CaseForm> = {}): CaseForm {
  return {
    ...emptyForm({ name: 'Li', phone: '13800002046' }),
    title: 'Valve leaks',
    category_code: leaf.code,
    address: 'Jianshe road 128',
    content: 'The valve in the kitchen leaks.',
    ...changes,
  }
}

describe('what is still missing', () => {
  it('depends on the step: a registration needs no category and no unit yet', () => {
    const form = written({ category_code: null })
    expect(missingFor(form, 'register', null)).toEqual([])
    expect(missingFor(form, 'dispatch', null)).toEqual(['category_code', 'unit_id'])
    expect(missingFor(form, 'answer', null)).toEqual(['answer_text'])
  })

  it('is a way to reach the requester, unless anonymous', () => {
    const form = written({ requester_name: '', requester_phone: '' })
    expect(missingFor(form, 'register', null)).toEqual(['requester'])
    expect(missingFor({ ...form, anonymous: true }, 'register', null)).toEqual([])
  })

  it('is a content of six characters', () => {
    expect(missingFor(written({ content: 'leak ' }), 'register', null)).toEqual(['content'])
  })
})

describe('the repair class', () => {
  it('follows the category, also behind an emergency', () => {
    expect(repairOf('HH6')).toBe('household')
    expect(repairOf('EM+MJ24')).toBe('major')
    expect(repairOf('CP5')).toBeNull()
  })

  it('changed by the agent changes the SLA and keeps the emergency', () => {
    expect(slaFor({ sla: 'EM+MJ24' }, 'minor')).toBe('EM+MN12')
    expect(slaFor({ sla: 'HH6' }, 'minor')).toBe('MN12')
    expect(slaFor({ sla: 'HH6' }, 'household')).toBeNull()
    expect(slaFor({ sla: 'CP5' }, 'minor')).toBeNull()
  })
})

describe('what is sent', () => {
  it('names the unit only when it dispatches and the answer only when it answers', () => {
    const form = written({ answer_text: 'Close the main valve.' })
    expect(registerBody(form, 'register', around)).toMatchObject({ unit_id: null, answer_text: null })
    expect(registerBody(form, 'dispatch', around)).toMatchObject({ unit_id: 'u1', answer_text: null })
    expect(registerBody(form, 'answer', around)).toMatchObject({ unit_id: null, answer_text: 'Close the main valve.' })
  })

  it('takes the urgency of the category unless the agent chose another', () => {
    expect(registerBody(written(), 'register', around).urgency).toBe('E1')
    expect(registerBody(written({ urgency: 'N' }), 'register', around).urgency).toBe('N')
  })

  it('is an emergency while an alarm is open, whatever was chosen', () => {
    const body = registerBody(written({ urgency: 'N' }), 'register', { ...around, isDanger: true })
    expect(body.urgency).toBe('E0')
  })

  it('leaves out who an anonymous requester is', () => {
    expect(registerBody(written({ anonymous: true }), 'register', around)).toMatchObject({
      requester_name: null,
      requester_phone: null,
    })
  })

  it('has the key of the draft, so that sending twice is one case', () => {
    const form = written()
    expect(registerBody(form, 'register', around).key).toBe(form.key)
    expect(form.key).toMatch(/^[0-9a-f]{32}$/)
  })
})

describe('a stored draft', () => {
  it('comes back as it was written', () => {
    const form = written({ urgency: 'E0', unit_id: 'u2' })
    expect(formFrom(JSON.parse(JSON.stringify(form)) as Record<string, unknown>)).toEqual(form)
  })

  it('of another version of the page keeps what both know', () => {
    const form = formFrom({ title: 'Kept', gone: 1, secret: 'yes' })
    expect(form.title).toBe('Kept')
    expect(form.secret).toBe(false)
    expect(form).not.toHaveProperty('gone')
  })

  it('is blank when only the requester is filled in', () => {
    expect(isBlank(emptyForm({ name: 'Li', phone: '1' }))).toBe(true)
    expect(isBlank(written())).toBe(false)
  })
})
