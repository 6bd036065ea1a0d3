import { ref, watch } from 'vue'

/** Which devices this computer uses for the phone; kept in this browser. Null: the usual one. */
export interface DeviceChoice {
  microphone: string | null
  speaker: string | null
  ring: string | null
  /** The desk phone that rings instead of the browser. */
  desk: string | null
}

const KEPT = 'hotline.phone.devices'
const NONE: DeviceChoice = { microphone: null, speaker: null, ring: null, desk: null }

export const chosen = ref<DeviceChoice>(kept())
watch(
  chosen,
  (now) => {
    try {
      localStorage.setItem(KEPT, JSON.stringify(now))
    } catch (thrown) {
      console.info('the devices are not remembered', thrown)
    }
  },
  { deep: true },
)

function kept(): DeviceChoice {
  try {
    const found = JSON.parse(localStorage.getItem(KEPT) ?? '{}') as Partial<DeviceChoice>
    return { ...NONE, ...found }
  } catch {
    return { ...NONE }
  }
}

export interface Device {
  id: string
  label: string
}

/** Microphones and loudspeakers; without names until the microphone was allowed once. */
export async function listDevices(): Promise<{ microphones: Device[]; speakers: Device[] }> {
  if (typeof navigator.mediaDevices?.enumerateDevices !== 'function') return { microphones: [], speakers: [] }
  const found = await navigator.mediaDevices.enumerateDevices()
  const of = (kind: MediaDeviceKind): Device[] =>
    found
      .filter((one) => one.kind === kind && one.deviceId !== '' && one.deviceId !== 'default')
      .map((one) => ({ id: one.deviceId, label: one.label }))
  return { microphones: of('audioinput'), speakers: of('audiooutput') }
}
