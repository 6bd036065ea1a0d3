import { useI18n } from 'vue-i18n'
import { Problem, Unreachable } from '@/api/problem'

/** What to tell a person about a thrown error; an error of our own making is thrown on. */
export function useTrouble(): { told: (thrown: unknown) => string } {
  const { t } = useI18n()
  function told(thrown: unknown): string {
    if (thrown instanceof Problem) return thrown.message
    if (thrown instanceof Unreachable) return t('common.unreachable')
    throw thrown
  }
  return { told }
}
