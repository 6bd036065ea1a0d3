import { describe, expect, it } from 'vitest'
import type { CallOfferView, CallView, CaptionView, MessageView } from '@/api/types'
import { callTimeline, saidAt } from './callTimeline'

const at = (minute: string): string => `2026-11-22T04:${minute}:00Z`
const ring = (rung_at: string): CallOfferView => ({ agent: null, rung_at, ended_at: null, outcome: null })
const call = {
  direction: 'inbound',
  arrived_at: at('00'),
  waiting_since: at('00'),
  ringing_at: at('01'),
  offers: [ring(at('01'))],
  answered_at: at('02'),
  ended_at: null,
} as CallView
const note = (id: string, minute: string): MessageView => ({ id, at: at(minute), text: id }) as MessageView
const told = (...given: Parameters<typeof callTimeline>): string[] =>
  callTimeline(...given).map((row) => ('step' in row ? row.step : 'note' in row ? row.note.id : row.said.text))

describe('the course of a call', () => {
  it('has its steps and the notes in order', () => {
    expect(told(call, [note('later', '03'), note('early', '01')])).toEqual([
      'arrived',
      'waiting',
      'ringing',
      'early',
      'answered',
      'later',
    ])
  })

  it('compares moments, however finely each is told', () => {
    const rings = '2026-11-22T04:00:00.300Z'
    expect(told({ ...call, offers: [ring(rings)] }, []).slice(0, 3)).toEqual(['arrived', 'waiting', 'ringing'])
  })

  it('has nobody wait before having arrived, whichever clock was ahead', () => {
    expect(told({ ...call, waiting_since: '2026-11-22T03:59:59.900Z' }, []).slice(0, 2)).toEqual(['arrived', 'waiting'])
  })

  it('that rings again after the page was gone says so', () => {
    const offers = [...call.offers, ring(at('04'))]
    expect(told({ ...call, offers }, [])).toEqual(['arrived', 'waiting', 'ringing', 'answered', 'again'])
  })

  it('that one agent did not take has rung twice', () => {
    const offers = [ring('2026-11-22T04:00:30Z'), ...call.offers]
    expect(told({ ...call, offers }, [])).toEqual(['arrived', 'waiting', 'ringing', 'ringing', 'answered'])
  })

  it('of a call that we made begins with our dialling, and nobody waited', () => {
    expect(told({ ...call, direction: 'outbound', ended_at: at('05') }, [])).toEqual([
      'dialled',
      'ringing',
      'answered',
      'ended',
    ])
  })

  it('has what was said where somebody began to say it', () => {
    const long = { id: 's', text: 'a long story', at: at('05'), start_s: 10, end_s: 130 } as CaptionView
    expect(saidAt(long)).toBe('2026-11-22T04:03:00.000Z')
    expect(told(call, [note('meanwhile', '04')], [long])).toEqual([
      ...['arrived', 'waiting', 'ringing', 'answered'],
      'a long story',
      'meanwhile',
    ])
  })

  it('is its notes alone when nothing else is known', () => {
    expect(told(null, [note('one', '01')])).toEqual(['one'])
  })
})
