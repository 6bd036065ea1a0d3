import type { Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import type { Role } from './shapes'

/** Roles are data and carry their names; a role that has none in this language shows its code. */
export function useRoleNames(roles: Ref<readonly Role[]>): { nameOf: (code: string) => string } {
  const { locale } = useI18n()
  const nameOf = (code: string): string => roles.value.find((one) => one.code === code)?.name[locale.value] ?? code
  return { nameOf }
}
