/** Fetching and decoding of recordings. */

export class LinkOver extends Error {}
export class Undecodable extends Error {}

const OVER = [401, 403, 404, 410]
/** A telephone carries no more. */
const RATE = 8000

/** The channels of a recording. Throws `LinkOver` when the link no longer counts, `Undecodable` for no sound. */
export async function loadSound(url: string): Promise<{ seconds: number; channels: Float32Array[] }> {
  const answer = await fetch(url, { credentials: 'same-origin' })
  if (OVER.includes(answer.status)) throw new LinkOver()
  if (!answer.ok) throw new Undecodable(`${answer.status}`)
  try {
    const sound = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(await answer.arrayBuffer())
    const channels = Array.from({ length: sound.numberOfChannels }, (_, n) => sound.getChannelData(n))
    return { seconds: sound.duration, channels }
  } catch (thrown) {
    throw new Undecodable(String(thrown))
  }
}
