/** Saving a form: busy, the errors at the fields, and what is told beside the button. */
import { ref, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { Problem } from '@/api/problem'
import { useTrouble } from '../trouble'

export interface Saving {
  isSaving: Ref<boolean>
  trouble: Ref<string>
  errorAt: (field: string) => string | null
  /** Runs the request; true when it was saved. `shown` are the fields that show their own errors. */
  save: (request: () => Promise<unknown>, shown?: readonly string[]) => Promise<boolean>
}

export function useSaving(): Saving {
  const { t } = useI18n()
  const { told } = useTrouble()
  const isSaving = ref(false)
  const trouble = ref('')
  const problem = ref<Problem | null>(null)

  async function save(request: () => Promise<unknown>, shown: readonly string[] = []): Promise<boolean> {
    if (isSaving.value) return false
    isSaving.value = true
    trouble.value = ''
    problem.value = null
    try {
      await request()
      return true
    } catch (thrown) {
      problem.value = thrown instanceof Problem ? thrown : null
      const elsewhere = problem.value?.outside(shown) ?? []
      trouble.value = [t('admin.saveFailed', { reason: told(thrown) }), ...elsewhere, t('admin.kept')].join(' ')
      return false
    } finally {
      isSaving.value = false
    }
  }

  return { isSaving, trouble, errorAt: (field) => problem.value?.field(field) ?? null, save }
}
