/** Requests about articles and scripts. */
import { api, reply } from './client'
import type { ArticleView } from './types'

/** What agents may read: by words, and by category, where what is filed above counts as well; the best first. */
export async function findArticles(q: string, category: string | null, limit: number): Promise<ArticleView[]> {
  const query = { q, limit, ...(category ? { category } : {}) }
  return (await reply(api.GET('/api/knowledge', { params: { query } }))).items
}

/** Count that it was read out or sent. */
export async function articleUsed(id: string): Promise<void> {
  await reply(api.POST('/api/knowledge/{id}/use', { params: { path: { id } } }))
}
