import { describe, expect, it } from 'vitest'
import type { TaxonomyLeaf, TaxonomyView } from '@/api/types'
import { flatten, searchCategories } from './categorySearch'

const leaf = (code: string, name: string, cues: string[]): TaxonomyLeaf => ({
  code,
  name,
  urgency: 'N',
  sla: 'HH6',
  request_types: ['help'],
  cues,
  default_unit_code: 'U-WS',
})
const taxonomy: TaxonomyView = {
  version: '1',
  groups: [
    {
      code: 'WS',
      name: '供水',
      children: [
        {
          code: 'WS-01',
          name: '停水与水压',
          leaves: [leaf('WS-01-02', '单户停水', ['就俺家没水', '邻居都有水']), leaf('WS-01-04', '水压低', ['水小'])],
        },
        { code: 'WS-02', name: '漏水与爆管', leaves: [leaf('WS-02-03', '表井冒水', ['水表坑满了'])] },
      ],
    },
    {
      code: 'GR',
      name: '供热',
      children: [{ code: 'GR-01', name: '入户设施', leaves: [leaf('GR-01-01', '室内不热', ['暖气不热', '水小'])] }],
    },
  ],
}
const all = flatten(taxonomy)
const codes = (query: string): string[] => searchCategories(all, query).map((hit) => hit.leaf.code)

describe('the search of categories', () => {
  it('finds names, and what citizens say', () => {
    expect(codes('冒水')).toEqual(['WS-02-03'])
    expect(searchCategories(all, '没水')[0]).toMatchObject({ leaf: { code: 'WS-01-02' }, cue: '就俺家没水' })
  })

  it('puts a name before a cue, and a cue before the names above', () => {
    expect(codes('水')).toEqual(['WS-01-02', 'WS-01-04', 'WS-02-03', 'GR-01-01'])
    expect(codes('停水')).toEqual(['WS-01-02', 'WS-01-04'])
  })

  it('wants every word', () => {
    expect(codes('供热 水小')).toEqual(['GR-01-01'])
    expect(codes('供热 冒水')).toEqual([])
  })

  it('finds a code in either case, and nothing for nothing', () => {
    expect(codes('ws-02')).toEqual(['WS-02-03'])
    expect(codes('  ')).toEqual([])
  })
})
