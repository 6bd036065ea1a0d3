import { describe, expect, it } from 'vitest'
import type { TaxonomyView } from '@/api/types'
import { categoryNames, codeIn } from './categoryNames'

const leaf = (code: string, name: string) => ({ code, name }) as TaxonomyView['groups'][0]['children'][0]['leaves'][0]
const tree: TaxonomyView = {
  version: 'v',
  groups: [
    { code: 'WS', name: '供水', children: [{ code: 'WS-01', name: '停水', leaves: [leaf('WS-01-01', '单户停水')] }] },
    { code: 'GS', name: '供气', children: [] },
  ],
}

describe('the names of the categories', () => {
  it('stand for every level, each with those above it', () => {
    expect(categoryNames(tree)).toEqual([
      { code: 'WS', path: '供水' },
      { code: 'WS-01', path: '供水 / 停水' },
      { code: 'WS-01-01', path: '供水 / 停水 / 单户停水' },
      { code: 'GS', path: '供气' },
    ])
  })

  it('are found by what is typed or chosen', () => {
    const names = categoryNames(tree)
    expect(codeIn(' ws-01 ', names)).toBe('WS-01')
    expect(codeIn('WS-01-01 供水 / 停水 / 单户停水', names)).toBe('WS-01-01')
    expect(codeIn('供水 / 停水', names)).toBe('WS-01')
    expect(codeIn('WS-0', names)).toBeNull()
    expect(codeIn('', names)).toBeNull()
  })
})
