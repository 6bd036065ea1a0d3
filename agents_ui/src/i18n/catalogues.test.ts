import { describe, expect, it } from 'vitest'

type Node = string | { [key: string]: Node }

const files = import.meta.glob<Node>('./*/*.json', { eager: true, import: 'default' })
const chinese = Object.keys(files).filter((path) => path.startsWith('./zh-CN/'))
const english = Object.keys(files).filter((path) => path.startsWith('./en/'))

function leaves(node: Node, path = ''): Map<string, string> {
  if (typeof node === 'string') return new Map([[path, node]])
  return new Map(Object.entries(node).flatMap(([key, child]) => [...leaves(child, path ? `${path}.${key}` : key)]))
}

function placeholders(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]!).sort()
}

describe('the catalogues', () => {
  it('have the same files in both languages', () => {
    expect(english.map((path) => path.replace('./en/', ''))).toEqual(
      chinese.map((path) => path.replace('./zh-CN/', '')),
    )
  })

  it.each(chinese)('%s has the same keys and placeholders in English', (path) => {
    const here = leaves(files[path]!)
    const there = leaves(files[path.replace('./zh-CN/', './en/')]!)
    expect([...there.keys()].sort()).toEqual([...here.keys()].sort())
    for (const [key, text] of here) expect([key, placeholders(there.get(key)!)]).toEqual([key, placeholders(text)])
  })

  it.each([...chinese, ...english])('%s leaves no text empty', (path) => {
    for (const [key, text] of leaves(files[path]!)) expect([key, text.trim()]).not.toEqual([key, ''])
  })
})
