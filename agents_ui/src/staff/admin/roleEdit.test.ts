import { describe, expect, it } from 'vitest'
import type { Role } from './shapes'
import { changedCount, grouped } from './roleEdit'

describe('a role while it is being changed', () => {
  it('shows capabilities by their first word, and new kinds under other', () => {
    const found = grouped([
      { code: 'zoo.feed', name: 'Feed' },
      { code: 'admin.users', name: 'Users' },
      { code: 'case.sign', name: 'Sign' },
      { code: 'case.report', name: 'Report' },
    ])
    expect(found.map((one) => [one.group, one.capabilities.length])).toEqual([
      ['case', 2],
      ['admin', 1],
      ['other', 1],
    ])
  })

  it('counts what was given and what was taken away', () => {
    const role = { capabilities: ['case.sign', 'case.report'] } as Role
    expect(changedCount(role, ['case.report', 'case.sign'])).toBe(0)
    expect(changedCount(role, ['case.report', 'desk.work'])).toBe(2)
  })
})
