import { computed, type ComputedRef } from 'vue'
import { useAgent } from '../agent'
import { callFace, type CallFace } from './callFace'
import { usePhone } from './phone'

/** The call at this desk as it is to be shown; null when there is none. */
export function useCallFace(): ComputedRef<CallFace | null> {
  const agent = useAgent()
  const phone = usePhone()
  return computed(() => {
    const began = agent.view?.activity === 'wrap_up' ? agent.view.activity_since : null
    return callFace(agent.call, phone.model.call, began ? Date.parse(began) : null)
  })
}
