/** The names of every level of the category tree: an article may stand under any. */
import type { TaxonomyView } from '@/api/types'

export interface CategoryName {
  code: string
  /** With the names above it. */
  path: string
}

/** In the order of the tree, each level before those below it. */
export function categoryNames(taxonomy: TaxonomyView): CategoryName[] {
  return taxonomy.groups.flatMap((group) => [
    { code: group.code, path: group.name },
    ...group.children.flatMap((child) => [
      { code: child.code, path: `${group.name} / ${child.name}` },
      ...child.leaves.map((leaf) => ({ code: leaf.code, path: `${group.name} / ${child.name} / ${leaf.name}` })),
    ]),
  ])
}

/** The code that somebody typed, alone or with its name behind it; null when there is none such. */
export function codeIn(text: string, names: readonly CategoryName[]): string | null {
  const [typed] = text.trim().toUpperCase().split(/\s+/)
  return names.find((one) => one.code === typed || one.path === text.trim())?.code ?? null
}
