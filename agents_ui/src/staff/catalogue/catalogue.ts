import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { api, reply } from '@/api/client'
import type { TaxonomyView, UnitView } from '@/api/types'
import { flatten, type CategoryHit } from './categorySearch'

/** The category tree and the units, read once: they change with a new version of the data only. */
export const useCatalogue = defineStore('catalogue', () => {
  const taxonomy = ref<TaxonomyView | null>(null)
  const units = ref<UnitView[]>([])
  const categories = computed<CategoryHit[]>(() => (taxonomy.value ? flatten(taxonomy.value) : []))
  const byCode = computed(() => new Map(categories.value.map((hit) => [hit.leaf.code, hit])))
  let asked: Promise<void> | null = null

  async function read(): Promise<void> {
    const [tree, all] = await Promise.all([reply(api.GET('/api/taxonomy')), reply(api.GET('/api/units'))])
    taxonomy.value = tree
    units.value = all
  }

  /** Read, unless that was done; a failed attempt may be repeated. */
  function load(): Promise<void> {
    asked ??= read().catch((thrown: unknown) => {
      asked = null
      throw thrown
    })
    return asked
  }

  const category = (code: string | null): CategoryHit | null => (code ? (byCode.value.get(code) ?? null) : null)
  return { taxonomy, units, categories, load, category }
})
