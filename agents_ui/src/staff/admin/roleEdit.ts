/** A role while it is being changed. */
import type { Capability, Role } from './shapes'

export const GROUP_ORDER = ['case', 'desk', 'queue', 'contact', 'survey', 'knowledge', 'taxonomy', 'admin', 'audit', 'other'] as const
export type CapabilityGroup = (typeof GROUP_ORDER)[number]

/** Capabilities by their first word, in the order in which people look for them. */
export function grouped(capabilities: readonly Capability[]): { group: CapabilityGroup; capabilities: Capability[] }[] {
  const groupOf = ({ code }: Capability): CapabilityGroup => {
    const first = code.split('.')[0]
    return GROUP_ORDER.find((name) => name === first) ?? 'other'
  }
  return GROUP_ORDER.map((group) => ({
    group,
    capabilities: capabilities.filter((one) => groupOf(one) === group),
  })).filter((one) => one.capabilities.length > 0)
}

/** How many capabilities differ from what the role has now. */
export function changedCount(role: Role, chosen: readonly string[]): number {
  const before = new Set(role.capabilities)
  const after = new Set(chosen)
  const gained = [...after].filter((code) => !before.has(code)).length
  return gained + [...before].filter((code) => !after.has(code)).length
}
