/** Whether the page can call the hotline: it has lines, and this browser a microphone to offer. */
import { ref } from 'vue'
import { mayUseMedia } from '@/phone/media'
import { hasLines } from '../requests'
import { isTrouble } from '../trouble'

/** False until the server has said so: a button that does not work is worse than none. */
export const canCall = ref(false)
export const isLooked = ref(false)

export async function lookForLines(): Promise<void> {
  try {
    canCall.value = mayUseMedia() && (await hasLines())
  } catch (error) {
    if (!isTrouble(error)) throw error
    canCall.value = false
  } finally {
    isLooked.value = true
  }
}
