import { describe, expect, it } from 'vitest'
import { auditQuery, emptyFilter } from './auditFilter'

describe('the filter of the audit list', () => {
  it('asks for everything when nothing is set', () => {
    expect(auditQuery(emptyFilter())).toEqual({})
  })

  it('takes days as the city has them, the last one included', () => {
    const query = auditQuery({ ...emptyFilter(), since: '2026-11-22', until: '2026-11-22', actor: ' staff:1 ' })
    expect(query).toEqual({ actor: 'staff:1', since: '2026-11-21T16:00:00.000Z', until: '2026-11-22T16:00:00.000Z' })
  })
})
