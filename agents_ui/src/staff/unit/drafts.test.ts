import { describe, expect, it } from 'vitest'
import { emptyReport, emptyReturn, missingInReport, missingInReturn, reportPayload } from './drafts'

const STORY = 'The valve was replaced and the pressure is back.'
const whole = { result_code: 'fixed', narrative: ` ${STORY} `, contacted: 'no', fee: 'no' }

describe('a return', () => {
  it('needs a reason, a basis and the unit that should have it', () => {
    expect(missingInReturn(emptyReturn())).toHaveLength(3)
    expect(missingInReturn({ reason_code: 'outside_area', legal_basis: ' ', suggested_unit: 'u' })).toEqual([
      'unit.return.basis',
    ])
  })
})

describe('a report', () => {
  it('needs everything said, and a story of at least 15 characters', () => {
    expect(missingInReport(emptyReport())).toHaveLength(4)
    expect(missingInReport({ ...whole, narrative: '12345678901234 ' })).toEqual(['unit.report.narrative'])
    expect(missingInReport({ ...whole, narrative: '123456789012345' })).toEqual([])
  })

  it('cannot be sent while a labour fee was charged', () => {
    expect(missingInReport({ ...whole, fee: 'yes' })).toEqual(['unit.report.fee'])
  })

  it('says that the citizen was not reached when so', () => {
    expect(reportPayload(whole)).toEqual({ result_code: 'fixed', narrative: STORY, contacted_user: false, labor_fee: 0 })
  })
})
