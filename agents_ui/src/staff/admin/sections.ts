/** The parts of the administration and the capability that each needs. */
export const SECTIONS = ['users', 'units', 'crews', 'roles', 'places', 'failures', 'audit'] as const
export type Section = (typeof SECTIONS)[number]

export const NEEDS: Readonly<Record<Section, string>> = {
  users: 'admin.users',
  units: 'admin.units',
  crews: 'admin.units',
  roles: 'admin.users',
  places: 'admin.places',
  failures: 'admin.failures',
  audit: 'audit.view',
}

/** Whoever has one of these sees the administration in the top bar. */
export const ANY_SECTION: readonly string[] = [...new Set(Object.values(NEEDS))]
