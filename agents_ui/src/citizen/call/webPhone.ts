/** The phone on the citizen page: registers when the citizen calls, and goes away with the call. */
import { computed, shallowRef } from 'vue'
import { Earpiece, openMicrophone } from '@/phone/media'
import { isLive, NO_PHONE, type PhoneModel } from '@/phone/model'
import { SoftPhone } from '@/phone/softPhone'
import { phoneAccount } from '../requests'
import { isTrouble, wordsFor } from '../trouble'

export type CallStanding = 'idle' | 'connecting' | 'talking' | 'ended' | 'busy' | 'failed'

export const model = shallowRef<PhoneModel>(NO_PHONE)
/** What the server said against it, in words. */
export const refusal = shallowRef<string | null>(null)
const standing = shallowRef<CallStanding>('idle')
export const callStanding = computed(() => standing.value)

let target = ''

const earpiece = new Earpiece((isBlocked) => {
  if (isBlocked) phone.trouble('sound_blocked')
  else if (model.value.trouble === 'sound_blocked') phone.trouble(null)
})
const phone = new SoftPhone({
  async account() {
    try {
      const account = await phoneAccount()
      target = account.call
      return account
    } catch (error) {
      if (isTrouble(error)) refusal.value = wordsFor(error)
      throw error
    }
  },
  connect: async (account, events) => (await import('@/phone/jssip')).connectLine(account, events),
  listen: () => openMicrophone(null),
  play: (stream) => earpiece.play(stream),
  after(milliseconds, then) {
    const timer = setTimeout(then, milliseconds)
    return () => clearTimeout(timer)
  },
  now: () => Date.now(),
})
phone.onChange = (now) => {
  const before = model.value
  model.value = now
  if (standing.value !== 'connecting' && standing.value !== 'talking') return
  if (now.line === 'registered' && before.line === 'registering') void dial()
  // The first account was refused, or nobody answers: the citizen decides whether to try again.
  else if (now.line === 'lost' && !isLive(now.call)) end('failed')
  else if (now.call?.state === 'talking') standing.value = 'talking'
  else if (now.call?.state === 'ended' && isLive(before.call)) over(now)
}

async function dial(): Promise<void> {
  await phone.dial(target)
  // Without a microphone there is no call, and the trouble says why.
  if (!isLive(model.value.call)) end('failed')
}

function over({ call }: PhoneModel): void {
  const talked = call?.answeredAt !== null
  if (talked || call?.cause === 'here') end('ended')
  else end(call?.cause === 'busy' ? 'busy' : 'failed')
}

/** What went wrong stays to be read; everything else is put away. */
function end(how: CallStanding): void {
  const { trouble } = model.value
  standing.value = how
  phone.stop()
  const isOfMicrophone = trouble?.startsWith('microphone') || trouble === 'insecure'
  if (isOfMicrophone) phone.trouble(trouble)
}

export function startCall(): void {
  if (standing.value === 'connecting' || standing.value === 'talking') return
  refusal.value = null
  phone.stop()
  phone.clear()
  standing.value = 'connecting'
  phone.start()
}

export function hangUp(): void {
  end('ended')
}

export function toggleMute(): void {
  phone.toggleMute()
}

/** After a tap: what the browser held back may be heard. */
export function unblock(): void {
  void earpiece.again()
}

window.addEventListener('pagehide', () => phone.stop())
