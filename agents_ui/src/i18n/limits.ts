import { useI18n } from 'vue-i18n'
import type { DeadlineView } from '@/api/types'
import { useDurations } from './durations'

/** The limit of a deadline in words: 15 min, 6 h, 4 working hours, 5 working days. */
export function useLimits(): { limit: (deadline: DeadlineView) => string } {
  const { t } = useI18n()
  const { words } = useDurations()
  function limit(deadline: DeadlineView): string {
    if (deadline.basis === 'working_days') return t('common.limit.workingDays', { n: deadline.limit })
    if (deadline.basis === 'working_hours') return t('common.limit.workingHours', { n: deadline.limit / 60 })
    // "24 h" is the rule's own word, not "1 d".
    const hours = deadline.limit / 60
    return Number.isInteger(hours) ? t('common.duration.hour', { n: hours }) : words(deadline.limit * 60)
  }
  return { limit }
}
