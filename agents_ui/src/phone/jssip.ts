/** The exchange as JsSIP speaks with it. Loaded only where there is a phone. */
import JsSIP from 'jssip'
import type { EndEvent, RTCSession } from 'jssip/lib/RTCSession'
import { EarlyEnd } from './candidates'
import type { EndCause } from './model'
import type { PhoneAccount, SipCall, SipCallEvents, SipEvents, SipLine } from './ports'

const REGISTER_SECONDS = 120
const AUDIO_ONLY = { audio: true, video: false }
const BUSY = 486
const RETRY = 100
/** As many calls as the exchange takes at once. */
const FULL = 503
const AUTHENTICATION = 'Authentication Error'
const REFUSED = [AUTHENTICATION, 'Rejected', 'Not Found']
const CAUSES: Readonly<Record<string, EndCause>> = {
  Terminated: 'other_side',
  Canceled: 'unanswered',
  'No Answer': 'unanswered',
  Expires: 'unanswered',
  Busy: 'busy',
  Unavailable: 'busy',
}

const after = (milliseconds: number, then: () => void): (() => void) => {
  const timer = setTimeout(then, milliseconds)
  return () => clearTimeout(timer)
}

/** Register with `account`; connections that break are made again by themselves. */
export function connectLine(account: PhoneAccount, events: SipEvents): SipLine {
  const { realm } = account
  /** Other servers are asked for addresses only where the operator named some. */
  const peer: RTCConfiguration = { iceServers: account.ice_servers.map((urls) => ({ urls })) }
  const ua = new JsSIP.UA({
    sockets: new JsSIP.WebSocketInterface(account.wss_url),
    uri: `sip:${account.user}@${realm}`,
    password: account.password,
    register_expires: REGISTER_SECONDS,
    session_timers: false,
    connection_recovery_min_interval: 1,
    connection_recovery_max_interval: 8,
    user_agent: 'hotline',
  })
  let worked = false
  ua.on('registered', () => {
    worked = true
    events.registered()
  })
  ua.on('disconnected', () => {
    worked = false
    events.disconnected()
  })
  ua.on('registrationFailed', ({ cause }) => {
    if (REFUSED.includes(String(cause))) events.refused(!worked)
    else events.disconnected()
  })
  ua.on('newRTCSession', ({ session, originator }: { session: RTCSession; originator: string }) => {
    if (originator !== 'remote') return
    const handlers = events.rings(callOf(session, peer))
    if (handlers) follow(session, handlers)
    else session.terminate({ status_code: BUSY })
  })
  ua.start()
  return {
    renew(fresh) {
      ua.set('password', fresh.password)
      if (ua.isConnected() && !ua.isRegistered()) ua.register()
    },
    dial(target, voice, handlers) {
      const session = ua.call(`sip:${target}@${realm}`, {
        mediaStream: voice,
        mediaConstraints: AUDIO_ONLY,
        pcConfig: peer,
      })
      follow(session, handlers)
      // An outgoing session has its connection before its listeners.
      hear(session.connection, handlers)
      return callOf(session, peer)
    },
    close: () => ua.stop(),
  }
}

function callOf(session: RTCSession, peer: RTCConfiguration): SipCall {
  const { user } = session.remote_identity.uri
  return {
    id: session.id,
    number: user === 'anonymous' ? '' : user,
    name: session.remote_identity.display_name ?? '',
    answer: (voice) => session.answer({ mediaStream: voice, mediaConstraints: AUDIO_ONLY, pcConfig: peer }),
    end: () => {
      if (!session.isEnded()) session.terminate(session.isEstablished() ? {} : { status_code: BUSY })
    },
    hold: holdOf(session),
    mute: (on) => (on ? session.mute({ audio: true }) : session.unmute({ audio: true })),
  }
}

/** Holds and resumes; a wish that comes while the exchange is still being told of the last one waits for that. */
function holdOf(session: RTCSession): (on: boolean) => void {
  let wanted = false
  let isAsking = false
  function settle(): void {
    if (isAsking || !session.isEstablished() || session.isOnHold().local === wanted) return
    const done = (): void => {
      isAsking = false
      settle()
    }
    isAsking = wanted ? session.hold({}, done) : session.unhold({}, done)
    // The exchange itself is changing the call just now.
    if (!isAsking) after(RETRY, settle)
  }
  return (on) => {
    wanted = on
    settle()
  }
}

function follow(session: RTCSession, handlers: SipCallEvents): void {
  const early = new EarlyEnd(after)
  const over = ({ originator, cause, message }: EndEvent): void => {
    early.forget()
    const isFull = (message as { status_code?: number } | null)?.status_code === FULL
    handlers.ended(String(originator) === 'local' ? 'here' : isFull ? 'busy' : (CAUSES[cause] ?? 'failed'))
  }
  session.on('icecandidate', ({ ready }) => early.found(ready))
  session.on('peerconnection', ({ peerconnection }) => hear(peerconnection, handlers))
  session.on('confirmed', () => {
    early.forget()
    handlers.connected()
  })
  session.on('hold', ({ originator }) => String(originator) === 'local' && handlers.held(true))
  session.on('unhold', ({ originator }) => String(originator) === 'local' && handlers.held(false))
  session.on('ended', over)
  session.on('failed', over)
}

function hear(connection: RTCPeerConnection, handlers: SipCallEvents): void {
  connection.addEventListener('track', ({ track, streams }) => {
    handlers.heard(streams[0] ?? new MediaStream([track]))
  })
}
