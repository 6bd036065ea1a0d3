/** The visitor's live connection; it is opened with the first thing there is to follow. */
import { createLive } from '@/live/live'

const live = createLive('citizen', () => undefined)

export const liveStatus = live.status

/** Calls back with all of a feed, now and after each change. */
export function follow<T>(feed: string, changed: (items: T[]) => void): void {
  live.client.watch(feed, null, {
    changed: (shown) => changed([...shown.values()].map((entity) => entity.data as T)),
  })
  live.client.start()
}
