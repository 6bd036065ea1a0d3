"""The words that the dialplan and this package share. The rendered configuration uses these very names.

A caller's channel is the call: ``ACD_ID`` equals its Uniqueid. What a caller sent (name, number) stands in no
``UserEvent``: its arguments are split at commas after substitution, so a name could forge a header. Events
carry CallerIDNum and CallerIDName by themselves.
"""

from __future__ import annotations

# Variables on the caller's channel; those in CHANNEL_VARIABLES are named in manager.conf `channelvars`, in
# that order, and come with every event and every row of CoreShowChannels.
ID = "ACD_ID"
"""The caller's Uniqueid; empty on any other channel."""
CALL = "ACD_CALL"
"""The call this channel belongs to; inherited by the legs to agents."""
SINCE = "ACD_SINCE"
"""When the wait began, seconds since 1970."""
STATE = "ACD_STATE"
"""A value of ``CallState``."""
CALLED = "ACD_CALLED"
"""The number the citizen dialled."""
WITH = "ACD_WITH"
"""The agent who is rung, talks or has just gone; empty otherwise."""
DIRECTION = "ACD_DIR"
"""A value of ``Direction``; empty means inbound."""
CHANNEL_VARIABLES = (ID, CALL, SINCE, STATE, CALLED, WITH, DIRECTION)

# Variables we set before a digit.
AGENT = "ACD_AGENT"
SAY = "ACD_SAY"
LAST = "ACD_LAST"
"""1: what is played is the last the caller hears."""
# Global: the deciding loop's heartbeat, seconds since 1970 by Asterisk's clock.
HEARTBEAT = "ACD_HB"

# Digits that we let a waiting caller's channel receive; no telephone has these keys.
HAND_OVER = "D"
"""In the waiting loop and after: go to ``ACD_AGENT``; without one, stay."""
ANNOUNCE = "C"
"""In the waiting loop: play ``ACD_SAY``."""
END = "B"
"""After: hang up."""
SEND_BACK = "A"
"""After: back into the waiting loop, ``ACD_SINCE`` kept."""

FALLBACK_QUEUE = "fallback"
TRUNK = "trunk"
"""The carrier's endpoint: no agent may have this name."""
OUTBOUND_CONTEXT = "acd-out"
"""Where the citizen we called arrives (extension s), with ACD_ID, ACD_SINCE, ACD_AGENT and ACD_CALLED set:
recording, then hand-over to ACD_AGENT as from the line."""
AGENT_CONTEXT = "from-agent"
"""Context of agents' accounts: nothing can be dialled."""
CITIZEN_CONTEXT = "from-web"
"""Context of accounts of the citizen page: the one line and nothing else."""

# UserEvents; in brackets their own headers. All but AcdUp and AcdLeg come from the caller's channel.
NEW = "AcdNew"
"""[Called] the caller was answered by the exchange."""
WAIT = "AcdWait"
"""[Since, Why] entered the waiting loop; Why: DIALSTATUS of the missed offer, or empty."""
OFFER = "AcdOffer"
"""[Agent] left the loop, the agent is about to be dialled."""
MISS = "AcdMiss"
"""[Agent, Status, Cause] the agent did not answer."""
UP = "AcdUp"
"""[Agent, Call, Fallback] from the agent's leg: they talk. Fallback: 1 through the plain queue."""
AGENT_GONE = "AcdAgentGone"
"""[Agent] the agent's leg ended, the caller's has not."""
FALLBACK = "AcdFallback"
"""[Since] entered the plain queue."""
GONE = "AcdGone"
"""[State] the caller's channel ends; Hangup follows."""
LEG = "AcdLeg"
"""[Call, Leg, File] a recording was begun; Leg: ``caller`` or the agent; File: its full path."""
