/** Articles, as the server declares them. */
import type { components } from '@/api/generated'

type Shapes = components['schemas']
export type Article = Shapes['ArticleView']
export type Edition = Shapes['EditionView']
export type ArticleBody = Omit<Shapes['NewArticleBody'], 'unit_id'>
export type Kind = Article['kind']

export const KINDS = ['article', 'script', 'notice'] as const satisfies readonly Kind[]
export const SHELVES = ['all', 'published', 'drafts', 'withdrawn'] as const
export type Shelf = (typeof SHELVES)[number]
