/** What the unit page shows: the live assignments, the unit's crews, and the other units. */
import { computed, ref, type ComputedRef, type Ref } from 'vue'
import { api, reply } from '@/api/client'
import type { CrewView, UnitAssignmentView, UnitView } from '@/api/types'
import { useLiveView, type LiveView } from '@/live/live'
import { useSession } from '../session'
import { crewLoads, suggestedCrew } from './board'

export interface UnitDesk {
  live: LiveView<UnitAssignmentView>
  lines: ComputedRef<readonly UnitAssignmentView[]>
  crews: Ref<readonly CrewView[]>
  units: Ref<readonly UnitView[]>
  loads: ComputedRef<Map<string, number>>
  suggestion: ComputedRef<CrewView | null>
  unit: ComputedRef<UnitView | null>
  /** Fetches crews and units; throws what the client throws. */
  fetchAround: () => Promise<void>
}

export function useUnit(): UnitDesk {
  const session = useSession()
  const live = useLiveView<UnitAssignmentView>('unit.assignments')
  const crews = ref<readonly CrewView[]>([])
  const units = ref<readonly UnitView[]>([])
  const lines = live.items
  const loads = computed(() => crewLoads(lines.value))
  const suggestion = computed(() => suggestedCrew(crews.value, loads.value))
  const unit = computed(() => units.value.find((one) => one.id === session.me?.unit_id) ?? null)

  async function fetchAround(): Promise<void> {
    units.value = await reply(api.GET('/api/units'))
    const mine = session.me?.unit_id
    if (!mine) return
    crews.value = await reply(api.GET('/api/units/{unit_id}/crews', { params: { path: { unit_id: mine } } }))
  }

  return { live, lines, crews, units, loads, suggestion, unit, fetchAround }
}
