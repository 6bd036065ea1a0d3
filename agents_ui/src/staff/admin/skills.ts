import { useI18n } from 'vue-i18n'

/** What a crew can do (DOMAIN 8.1). */
export const SKILLS = [
  ...['water_leak', 'water_meter', 'gas_emergency', 'gas_indoor', 'heat_indoor', 'heat_pipe', 'electric_light'],
  ...['manhole', 'asphalt', 'drain_jet', 'pump', 'confined_space', 'tree_cut', 'glass_highwork', 'snow_plow'],
  'enforcement_evidence',
] as const

export function useSkills(): { skillName: (code: string) => string } {
  const { t, te } = useI18n()
  return { skillName: (code) => (te(`admin.skills.${code}`) ? t(`admin.skills.${code}`) : code) }
}
