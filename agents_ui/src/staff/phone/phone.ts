import { defineStore } from 'pinia'
import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import { deskPhones, endCall, phoneAccount, useDeskPhone } from '@/api/calls'
import { DeskUse, deskLine, isAtDesk } from '@/phone/deskPhone'
import { chosen } from '@/phone/devices'
import { Earpiece, mayUseMedia, openMicrophone } from '@/phone/media'
import { isLive, NO_PHONE, type PhoneModel } from '@/phone/model'
import { OneTab } from '@/phone/oneTab'
import { Ringer } from '@/phone/ringer'
import { SoftPhone } from '@/phone/softPhone'
import { useAgent } from '../agent'
import { useHealth } from '../health'
import { useKept } from '../kept'

/** States of a call in which citizen and agent speak, or are about to again. */
const TALKS: ReadonlySet<string> = new Set(['talk', 'after'])

/** The agent's phone: registered in one page of the browser while the agent is signed in and there are lines. */
export const usePhone = defineStore('phone', () => {
  const agent = useAgent()
  const health = useHealth()
  const model = shallowRef<PhoneModel>(NO_PHONE)
  const isSafe = mayUseMedia()
  const hasLines = computed(() => health.telephony !== null && health.telephony !== 'absent')
  const isWanted = computed(() => agent.isAgent && hasLines.value && isSafe)

  const earpiece = new Earpiece((isBlocked) => {
    if (isBlocked) phone.trouble('sound_blocked')
    else if (model.value.trouble === 'sound_blocked') phone.trouble(null)
  })
  const ringer = new Ringer(chosen.value.ring)
  const desk = new DeskUse({
    list: deskPhones,
    use: useDeskPhone,
    forget: () => {
      chosen.value.desk = null
    },
    now: () => Date.now(),
  })
  const phone = new SoftPhone({
    account: () => (chosen.value.desk === null ? phoneAccount() : desk.account(chosen.value.desk)),
    connect: async (account, events) =>
      isAtDesk(account) ? deskLine(events) : (await import('@/phone/jssip')).connectLine(account, events),
    listen: () => openMicrophone(chosen.value.microphone),
    play: (stream) => earpiece.play(stream),
    after(milliseconds, then) {
      const timer = setTimeout(then, milliseconds)
      return () => clearTimeout(timer)
    },
    now: () => Date.now(),
  })
  phone.onChange = (now) => {
    model.value = now
  }

  const isMine = ref(false)
  const tab = new OneTab((mine) => {
    isMine.value = mine
    if (mine) phone.start()
    else phone.stop('elsewhere')
  })
  watch(
    isWanted,
    (wanted) => {
      if (wanted) tab.begin()
      else {
        tab.end()
        phone.stop()
      }
    },
    { immediate: true },
  )

  const isAtDeskPhone = computed(() => chosen.value.desk !== null)
  watch(
    () => chosen.value.desk,
    () => {
      desk.leave()
      if (!isMine.value) return
      phone.stop()
      phone.start()
    },
  )

  /** Have the phone here, whichever page or computer has it. */
  function takeOver(): void {
    if (isMine.value) phone.start()
    else {
      // In mid-call: the citizen is rung through to this page, which takes the call at once.
      if (agent.call && TALKS.has(agent.call.state)) talked.value = agent.call.id
      tab.takeOver()
    }
  }

  const isRinging = computed(() => model.value.call?.state === 'ringing')
  watch(isRinging, (now) => (now ? ringer.start() : ringer.stop()))
  watch(chosen, (now) => void Promise.all([ringer.use(now.ring), earpiece.use(now.speaker)]), {
    deep: true,
    immediate: true,
  })

  /** The call that was going on when this page was left or lost its sound: rung again, it is taken at once. */
  const talked = useKept('phone.talked')
  let isLeaving = false
  watch(model, ({ call }) => {
    if (isLeaving || !call) return
    if (call.state === 'talking' || call.state === 'held') talked.value = agent.call?.id ?? talked.value
    if (call.state === 'ended' && call.cause !== 'failed') talked.value = null
  })
  watch(
    () => isRinging.value && talked.value !== null && agent.call?.id === talked.value,
    (isRungAgain) => {
      if (isRungAgain) void phone.answer()
    },
  )

  // The exchange died, or the end was never heard here: what is over is over, or nothing would ring any more.
  watch(
    () => agent.call && { id: agent.call.id, state: agent.call.state },
    (now, before) => {
      const ended = now && before && now.id === before.id && TALKS.has(before.state) && now.state === 'ended'
      const state = model.value.call?.state
      if (ended && (state === 'talking' || state === 'held')) phone.hangUp()
    },
  )

  // A page that just vanished would keep the citizen waiting in silence until the exchange notices.
  const leave = (): void => {
    isLeaving = true
    phone.stop()
  }
  const back = (event: PageTransitionEvent): void => {
    if (!event.persisted) return
    isLeaving = false
    if (isMine.value) phone.start()
  }
  const touched = (): void => {
    void ringer.unlock().catch((thrown: unknown) => console.info('no sound yet', thrown))
    void earpiece.again()
  }
  window.addEventListener('pagehide', leave)
  window.addEventListener('pageshow', back)
  window.addEventListener('pointerdown', touched, { passive: true })
  window.addEventListener('keydown', touched, { passive: true })
  onScopeDispose(() => {
    window.removeEventListener('pagehide', leave)
    window.removeEventListener('pageshow', back)
    window.removeEventListener('pointerdown', touched)
    window.removeEventListener('keydown', touched)
    tab.end()
    phone.stop()
  })

  /** The citizen's side too: the exchange by itself would wait a moment, for a page that is only reloaded. */
  function hangUp(): void {
    const state = model.value.call?.state
    const talks = state === 'talking' || state === 'held'
    const id = agent.call?.id
    phone.hangUp()
    if (talks && id) void endCall(id).catch((thrown: unknown) => console.info('the exchange ends it by itself', thrown))
  }

  const hasCall = computed(() => isLive(model.value.call))
  return {
    ...{ model, isSafe, hasLines, isRinging, hasCall, isAtDeskPhone, takeOver, ringer },
    answer: () => phone.answer(),
    hangUp,
    toggleHold: () => phone.toggleHold(),
    toggleMute: () => phone.toggleMute(),
  }
})
