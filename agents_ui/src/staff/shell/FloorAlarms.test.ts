import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { reactive } from 'vue'
import type { AlarmView } from '@/api/types'
import { atDesk } from '../desk.testing'
import { useSession } from '../session'
import FloorAlarms from './FloorAlarms.vue'

const AT = '2026-11-22T06:02:06Z'
const alarm = (changes: Partial<AlarmView>): AlarmView => ({
  ...{ id: 'a1', version: 1, kind: 'recording_fails', staff: null, detail: {}, raised_at: AT, last_at: AT, times: 1 },
  ...changes,
})

async function shown(alarms: AlarmView[], capabilities = ['queue.view']) {
  const { made } = await atDesk(FloorAlarms, { alarms })
  const session = useSession()
  session.me = reactive({ ...session.me!, capabilities })
  await flushPromises()
  return made
}

enableAutoUnmount(afterEach)

describe('an alarm of the floor', () => {
  afterEach(() => vi.unstubAllGlobals())

  it('says what is wrong and since when', async () => {
    const made = await shown([alarm({ detail: { reason: 'disk_full' } })])
    expect(made.get('[role=alert]').text()).toContain('磁盘已满，录音停了，通话照常')
  })

  it('that is about a person names the person, and how often', async () => {
    const made = await shown([alarm({ kind: 'calls_capped', staff: '周静', times: 3 })])
    expect(made.text()).toContain('周静 一分钟内回拨过多')
    expect(made.text()).toContain('共 3 次')
  })

  it('of a reason that this page does not know is told all the same', async () => {
    expect((await shown([alarm({ detail: { reason: 'new_reason' } })])).text()).toContain('没有录音')
  })

  it('is for those in charge only', async () => {
    expect((await shown([alarm({})], ['desk.work'])).text()).toBe('')
  })
})
