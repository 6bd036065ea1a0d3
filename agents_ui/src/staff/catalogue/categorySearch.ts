import type { TaxonomyLeaf, TaxonomyView } from '@/api/types'

/** A category as the picker shows it: its three names, and the cue that was found. */
export interface CategoryHit {
  leaf: TaxonomyLeaf
  path: [string, string, string]
  cue: string | null
}

/** Every category with its path, in the order of the tree. */
export function flatten(taxonomy: TaxonomyView): CategoryHit[] {
  return taxonomy.groups.flatMap((group) =>
    group.children.flatMap((child) =>
      child.leaves.map((leaf): CategoryHit => ({ leaf, path: [group.name, child.name, leaf.name], cue: null })),
    ),
  )
}

const NAME = 3
const CUE = 2
const PATH = 1

/**
 * Categories that contain every word of the query, in a name, a cue of ordinary speech or the code. Found in
 * the category's own name goes first, then in a cue, then in the names above it.
 */
export function searchCategories(all: readonly CategoryHit[], query: string, most = 30): CategoryHit[] {
  const words = query.trim().toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return []
  const found: { hit: CategoryHit; score: number }[] = []
  for (const one of all) {
    const scored = words.map((word) => scoreOf(one, word))
    if (scored.some(({ score }) => score === 0)) continue
    const cue = scored.find((s) => s.cue !== null)?.cue ?? null
    found.push({ hit: { ...one, cue }, score: scored.reduce((sum, s) => sum + s.score, 0) })
  }
  // The sort keeps the tree's order where the scores are equal.
  return found
    .sort((a, b) => b.score - a.score)
    .slice(0, most)
    .map(({ hit }) => hit)
}

function scoreOf(one: CategoryHit, word: string): { score: number; cue: string | null } {
  if (one.leaf.name.toLowerCase().includes(word)) return { score: NAME, cue: null }
  const cue = one.leaf.cues.find((text) => text.toLowerCase().includes(word))
  if (cue !== undefined) return { score: CUE, cue }
  const above = [...one.path.slice(0, 2), one.leaf.code].some((text) => text.toLowerCase().includes(word))
  return { score: above ? PATH : 0, cue: null }
}
