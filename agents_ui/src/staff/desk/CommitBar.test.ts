import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { createLanguages } from '@/i18n/language'
import { catalogues } from '../messages'
import CommitBar from './CommitBar.vue'

const complete = { register: [], dispatch: [], answer: [] }

function bar(changes: Partial<InstanceType<typeof CommitBar>['$props']> = {}) {
  const props = { missing: complete, unitName: '热力公司', offline: false, busy: false, answering: false, ...changes }
  return mount(CommitBar, { props, global: { plugins: [createLanguages(catalogues)] } })
}

describe('the commit bar', () => {
  it('names the unit that the case goes to', async () => {
    const it = bar()
    const main = it.get('button.primary')
    expect(main.text()).toContain('派给热力公司')
    await main.trigger('click')
    expect(it.emitted('commit')).toEqual([['dispatch']])
  })

  it('says what is missing, and does nothing until it is there', async () => {
    const it = bar({ missing: { ...complete, dispatch: ['category_code', 'address'] } })
    expect(it.text()).toContain('还差：类别、地点')
    expect(it.get('button.primary').attributes('aria-disabled')).toBe('true')
    await it.get('button.primary').trigger('click')
    expect(it.emitted('commit')).toBeUndefined()
  })

  it('registers without what only a dispatch needs', async () => {
    const it = bar({ missing: { ...complete, dispatch: ['unit_id'] } })
    await it.findAll('button')[1]!.trigger('click')
    expect(it.emitted('commit')).toEqual([['register']])
  })

  it('commits nothing without the server, and says why', async () => {
    const it = bar({ offline: true })
    expect(it.text()).toContain('与服务器失联')
    for (const button of it.findAll('button')) await button.trigger('click')
    expect(it.emitted('commit')).toBeUndefined()
  })

  it('answers instead of dispatching when an answer is being written', async () => {
    const it = bar({ answering: true })
    await it.get('button.primary').trigger('click')
    expect(it.emitted('commit')).toEqual([['answer']])
  })
})
