import { describe, expect, it } from 'vitest'
import { blocksOf, keywordsIn } from './articleText'

describe('the text of an article', () => {
  it('reads as paragraphs and lists', () => {
    expect(blocksOf('先问：\n- 一家\n- 整栋\n再答。\n1. 关阀\n2、开窗')).toEqual([
      { kind: 'text', lines: ['先问：'] },
      { kind: 'list', lines: ['一家', '整栋'] },
      { kind: 'text', lines: ['再答。'] },
      { kind: 'steps', lines: ['关阀', '开窗'] },
    ])
  })

  it('parts lists at a blank line, and shows nothing for it', () => {
    expect(blocksOf('- 一\n\n- 二\n').map((block) => block.lines)).toEqual([['一'], ['二']])
    expect(blocksOf('\n \n')).toEqual([])
  })

  it('takes a number at the beginning of a sentence for what it is', () => {
    expect(blocksOf('30 分钟内到场')).toEqual([{ kind: 'text', lines: ['30 分钟内到场'] }])
    expect(blocksOf('1.5 米高')).toEqual([{ kind: 'text', lines: ['1.5 米高'] }])
    expect(blocksOf('95598')).toEqual([{ kind: 'text', lines: ['95598'] }])
  })
})

describe('keywords', () => {
  it('are parted by whatever people type between them, each once', () => {
    expect(keywordsIn(' 停水，没水、断水; 停水  来水,')).toEqual(['停水', '没水', '断水', '来水'])
    expect(keywordsIn('  ')).toEqual([])
  })
})
