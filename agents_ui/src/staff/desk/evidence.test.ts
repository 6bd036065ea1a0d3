import { describe, expect, it } from 'vitest'
import type { EvidenceView } from '@/api/types'
import { isUnderlined, marksBySource, Numbers, pieces, placed, quoted, type Mark } from './evidence'

const evidence = (quote: string, start: number, end: number, id = 'm1'): EvidenceView => ({
  kind: 'message',
  ...{ id, quote, start, end },
})
const mark = (start: number, end: number, number: number): Mark => ({
  ...{ start, end, number },
  ...{ kind: 'field', fields: [], doubtful: false, evidence: evidence('', 0, 0) },
})

describe('an evidence', () => {
  it('counts characters as the server does: an emoji is one', () => {
    expect(quoted(evidence('😀五一路12号灯不亮', 1, 7))).toEqual({ before: '😀', said: '五一路12号', after: '灯不亮' })
  })

  it('is where it was while the words stand', () => {
    expect(placed('五一路12号灯不亮', evidence('五一路12号灯不亮', 0, 6))).toEqual({ start: 0, end: 6 })
  })

  it('is found again when the words around it were understood otherwise', () => {
    expect(placed('在五一路12号', evidence('五一路12号', 0, 6))).toEqual({ start: 1, end: 7 })
  })

  it('is nowhere when its words are gone', () => {
    expect(placed('五一广场', evidence('五一路12号', 0, 6))).toBeNull()
  })
})

describe('an utterance', () => {
  it('without marks is one piece', () => {
    expect(pieces('灯不亮', [])).toEqual([{ text: '灯不亮', marks: [], ends: [] }])
  })

  it('is cut where marks begin and end, also where they overlap', () => {
    const whole = mark(0, 6, 1)
    const part = mark(2, 4, 2)
    expect(pieces('abcdef', [whole, part]).map(({ text, marks, ends }) => [text, marks.length, ends.map((m) => m.number)])).toEqual([
      ['ab', 1, []],
      ['cd', 2, [2]],
      ['ef', 1, [1]],
    ])
  })

  it('is underlined where it is a place, danger, or only a part tells', () => {
    const whole = mark(0, 6, 1)
    const told = [whole, mark(2, 4, 2), { ...whole, fields: ['address' as const] }, { ...whole, kind: 'alarm' as const }]
    expect(told.map((one) => isUnderlined(one, 'abcdef'))).toEqual([false, true, true, true])
  })

  it('that is shorter than its mark is marked to its end', () => {
    expect(pieces('ab', [mark(0, 9, 1)])).toMatchObject([{ text: 'ab', ends: [{ number: 1 }] }])
  })
})

describe('numbers', () => {
  it('stay with the place, and one place has one for all its fields', () => {
    const numbers = new Numbers()
    const basis = (one: EvidenceView, field: 'title' | 'category_code' | 'address', doubtful = false) => ({
      ...{ evidence: one, field, doubtful, kind: 'field' as const },
    })
    const said = evidence('灯不亮', 0, 3)
    const place = evidence('五一路', 0, 3, 'm2')
    const first = marksBySource([basis(said, 'title', true), basis(said, 'category_code')], numbers)
    expect(first.get('m1')).toMatchObject([{ number: 1, fields: ['title', 'category_code'], doubtful: false }])
    const then = marksBySource([basis(place, 'address'), basis(said, 'title')], numbers)
    expect([then.get('m2')![0]!.number, then.get('m1')![0]!.number]).toEqual([2, 1])
    // What is no longer shown leaves its number to the next; the others keep theirs.
    const later = evidence('文化路', 0, 3, 'm3')
    const last = marksBySource([basis(place, 'address'), basis(later, 'title')], numbers)
    expect([last.get('m2')![0]!.number, last.get('m3')![0]!.number]).toEqual([2, 1])
  })
})
