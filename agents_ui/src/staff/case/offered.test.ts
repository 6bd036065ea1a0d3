import { describe, expect, it } from 'vitest'
import type { ActionView } from '@/api/types'
import { offered } from './offered'

const action = (name: string, reason: string | null = null): ActionView => ({
  action: name,
  assignment_id: null,
  allowed: reason === null,
  reason,
  message: reason,
  confirm_roles: [],
  fields: [],
})
const names = (actions: ActionView[], state: string): string[] => offered(actions, state).map((one) => one.action)

describe('the actions offered', () => {
  it('begin with what can be done now', () => {
    expect(names([action('pass', 'wrong_state'), action('reassign')], 'dispatched')).toEqual(['reassign', 'pass'])
  })

  it('leave out what the person may never do', () => {
    expect(names([action('accept', 'not_permitted')], 'registered')).toEqual([])
  })

  it('show what comes soon, but not what is behind or far off', () => {
    const actions = [action('accept', 'wrong_state'), action('pass', 'wrong_state')]
    expect(names(actions, 'dispatched')).toEqual(['pass'])
    expect(names(actions, 'closed')).toEqual([])
  })

  it('show what is refused for a reason of its own', () => {
    expect(names([action('request_return', 'return_used')], 'handling')).toEqual(['request_return'])
  })

  it('leave closing to the survey', () => {
    expect(names([action('close')], 'surveying')).toEqual([])
  })
})
