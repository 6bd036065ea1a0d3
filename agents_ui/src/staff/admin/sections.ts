/** The parts of the administration and the capability that each needs. */
export const SECTIONS = ['users', 'units', 'crews', 'roles', 'places', 'taxonomy', 'failures', 'audit'] as const
export type Section = (typeof SECTIONS)[number]

export const NEEDS: Readonly<Record<Section, string>> = {
  users: 'admin.users',
  units: 'admin.units',
  crews: 'admin.units',
  roles: 'admin.users',
  places: 'admin.places',
  taxonomy: 'taxonomy.view',
  failures: 'admin.failures',
  audit: 'audit.view',
}

/** Whoever has one of these sees the administration in the top bar; the categories alone are no reason. */
export const ANY_SECTION: readonly string[] = [...new Set(Object.values(NEEDS))].filter((one) => one !== NEEDS.taxonomy)
