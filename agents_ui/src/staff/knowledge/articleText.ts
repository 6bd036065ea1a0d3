/** The text of an article as blocks: it is plain text in which some lines read as lists. */
export interface Block {
  kind: 'text' | 'list' | 'steps'
  lines: string[]
}

const MARKS: readonly [Block['kind'], RegExp][] = [
  ['list', /^\s*[-\u2022]\s+/],
  ['steps', /^\s*\d{1,2}[.\u3001)](?!\d)\s*/],
]

/** Neighbouring lines of one list are one block; every other line is a paragraph; blank lines only part. */
export function blocksOf(body: string): Block[] {
  const blocks: Block[] = []
  let open: Block | null = null
  for (const line of body.split('\n')) {
    const [kind, mark] = MARKS.find(([, pattern]) => pattern.test(line)) ?? ['text', /^\s+/]
    const text = line.replace(mark, '').trim()
    if (open && open.kind === kind && kind !== 'text' && text) open.lines.push(text)
    else if (text) blocks.push((open = { kind, lines: [text] }))
    else open = null
  }
  return blocks
}

/** Keywords as somebody types them: parted by commas, points or blanks of either width, each once. */
export function keywordsIn(text: string): string[] {
  return [...new Set(text.split(/[\s,;\u3001\uff0c\uff1b]+/).filter(Boolean))]
}
