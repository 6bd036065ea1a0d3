import { useI18n } from 'vue-i18n'

/** Words for the fields and choices of actions; an unknown one shows itself rather than nothing. */
export function useActionWords(): {
  action: (name: string) => string
  field: (name: string) => string
  choice: (field: string, value: string) => string
  isChoice: (field: string, value: string) => boolean
  hint: (field: string) => string | undefined
  role: (name: string) => string
} {
  const { t, te } = useI18n()
  const SHARED: Record<string, string> = {
    urgency: 'common.urgency',
    repair_class: 'common.repairClass',
    request_type: 'common.requestType',
    channel: 'common.channel',
    lead_state: 'common.state.assignment',
  }
  const key = (field: string, value: string): string => `${SHARED[field] ?? `case.choice.${field}`}.${value}`
  const isChoice = (field: string, value: string): boolean => /^[\w+]+$/.test(value) && te(key(field, value))
  const or = (path: string, fallback: string): string => (te(path) ? t(path) : fallback)
  return {
    action: (name) => or(`case.action.${name}`, name),
    field: (name) => or(`case.field.${name}`, name),
    choice: (field, value) => (isChoice(field, value) ? t(key(field, value)) : value),
    isChoice,
    hint: (name) => (te(`case.hint.${name}`) ? t(`case.hint.${name}`) : undefined),
    role: (name) => or(`common.role.${name}`, name),
  }
}
