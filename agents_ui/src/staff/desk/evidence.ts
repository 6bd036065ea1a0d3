import type { EvidenceView, FieldName } from '@/api/types'

/** Where in an utterance something comes from; the same place has the same number on the whole page. */
export interface Mark {
  /** Characters (code points, as the server counts) of the utterance. */
  start: number
  end: number
  number: number
  kind: 'field' | 'alarm'
  fields: FieldName[]
  /** Nobody should rely on it yet. */
  doubtful: boolean
  evidence: EvidenceView
}

export interface Piece {
  text: string
  marks: readonly Mark[]
  /** Marks that end with this piece. */
  ends: readonly Mark[]
}

/** Characters as the server counts them: an emoji is one. */
function characters(text: string): string[] {
  return [...text]
}

/** What an evidence points at, out of its quote. */
export function quoted({ quote, start, end }: EvidenceView): { before: string; said: string; after: string } {
  const all = characters(quote)
  const part = (from: number, to: number): string => all.slice(from, to).join('')
  return { before: part(0, start), said: part(start, end), after: part(end, all.length) }
}

/**
 * Where the evidence stands in the utterance as it is shown now: words that were still guessed when they were read
 * may have changed, and of a long utterance only a part was quoted. Null when it is no longer there.
 */
export function placed(text: string, evidence: EvidenceView): { start: number; end: number } | null {
  const { start, end } = evidence
  const { said } = quoted(evidence)
  if (characters(text).slice(start, end).join('') === said) return { start, end }
  const at = said ? text.indexOf(said) : -1
  if (at < 0) return null
  const first = characters(text.slice(0, at)).length
  return { start: first, end: first + characters(said).length }
}

/** Whether a mark is underlined: what a whole utterance is about is shown by the number alone. */
export function isUnderlined({ kind, fields, start, end }: Mark, text: string): boolean {
  const isWhole = start === 0 && end >= characters(text).length
  return kind === 'alarm' || fields.includes('address') || !isWhole
}

/** An utterance cut wherever a mark begins or ends. */
export function pieces(text: string, marks: readonly Mark[]): Piece[] {
  const all = characters(text)
  const within = (at: number): number => Math.min(Math.max(at, 0), all.length)
  const cuts = new Set([0, all.length])
  for (const { start, end } of marks) cuts.add(within(start)).add(within(end))
  const places = [...cuts].sort((a, b) => a - b)
  return places.slice(0, -1).map((from, n) => {
    const to = places[n + 1]!
    return {
      text: all.slice(from, to).join(''),
      marks: marks.filter((mark) => mark.start <= from && to <= mark.end),
      ends: marks.filter((mark) => within(mark.end) === to).sort((a, b) => a.number - b.number),
    }
  })
}

/** Numbers for places: one that has a number keeps it as long as it is shown, and a number left free is used again. */
export class Numbers {
  private known = new Map<string, number>()

  private static keyOf({ id, start, end }: EvidenceView): string {
    return `${id} ${start} ${end}`
  }

  of(evidence: EvidenceView): number {
    const key = Numbers.keyOf(evidence)
    const taken = new Set(this.known.values())
    let found = this.known.get(key) ?? 1
    while (!this.known.has(key) && taken.has(found)) found += 1
    this.known.set(key, found)
    return found
  }

  /** These are shown now; the numbers of all others are free. */
  keep(shown: readonly EvidenceView[]): void {
    const keys = new Set(shown.map(Numbers.keyOf))
    this.known = new Map([...this.known].filter(([key]) => keys.has(key)))
  }
}

export interface Basis {
  evidence: EvidenceView
  kind: Mark['kind']
  field: FieldName | null
  doubtful: boolean
}

/** The marks of each utterance, by its id. */
export function marksBySource(bases: readonly Basis[], numbers: Numbers): Map<string, Mark[]> {
  const found = new Map<string, Mark[]>()
  numbers.keep(bases.map(({ evidence }) => evidence))
  for (const { evidence, kind, field, doubtful } of bases) {
    const marks = found.get(evidence.id) ?? []
    const same = marks.find((mark) => mark.start === evidence.start && mark.end === evidence.end)
    if (same) {
      if (field) same.fields.push(field)
      if (kind === 'alarm') same.kind = kind
      same.doubtful &&= doubtful
    } else {
      const { start, end } = evidence
      marks.push({ start, end, number: numbers.of(evidence), kind, fields: field ? [field] : [], doubtful, evidence })
    }
    found.set(evidence.id, marks)
  }
  return found
}
