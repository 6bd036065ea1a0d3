/** The elder mode (GB/T 37668): larger text, larger targets, fewer words. The choice stays on the device. */
import { ref } from 'vue'
import { keep, kept } from './kept'

const NAME = 'elder'

export const elder = ref(kept(NAME) === true)

export function setElder(wanted: boolean): void {
  elder.value = wanted
  keep(NAME, wanted)
}
