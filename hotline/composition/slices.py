"""The slices, built in the order of the DAG."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from hotline.calendar.holidays import holiday_calendar
from hotline.calendar.model import parse_periods
from hotline.calling import Calling
from hotline.cases.anchors import CaseAnchors
from hotline.cases.feeds import case_feeds
from hotline.cases.service import Cases
from hotline.cases.taxonomy import load_taxonomy
from hotline.catalogues import server_catalogue
from hotline.composition.core import Core
from hotline.contacts.service import Contacts
from hotline.conversations.enclosures import BudgetView
from hotline.conversations.feeds import MessagesFeed
from hotline.conversations.service import Conversations
from hotline.conversations.service import subscriptions as conversation_subscriptions
from hotline.conversations.views import ConversationViews
from hotline.desk.drafts import Drafts
from hotline.desk.service import Desk
from hotline.files.service import Files
from hotline.intake.feeds import citizen_feeds
from hotline.intake.service import IntakeService
from hotline.kernel.bus import InProcessBus
from hotline.kernel.db import Reader
from hotline.kernel.events import Event, Recorded
from hotline.kernel.relay import AnySubscription, Relay
from hotline.knowledge.service import Knowledge
from hotline.messaging import Messaging
from hotline.notifications.service import Notifications
from hotline.notifications.service import subscriptions as notification_subscriptions
from hotline.places.service import Places
from hotline.queue.feeds import AgentFeed, DeskFeed, QueueFeed
from hotline.queue.router import Router
from hotline.queue.service import Queue
from hotline.speech import Speech
from hotline.staff.events import UserChanged
from hotline.staff.organisation import Organisation
from hotline.staff.passwords import Passwords
from hotline.staff.roles import Roles
from hotline.staff.service import Staff
from hotline.staff.sheets import SheetWords
from hotline.suggesting import Suggesting
from hotline.surveys.feeds import ReviewsFeed
from hotline.surveys.service import EXPIRE, Surveys
from hotline.surveys.service import subscriptions as survey_subscriptions
from hotline.understanding import Understanding
from hotline.web.auth import Principal
from hotline.web.live import Feed, LiveHub


class Slices:
    """The slices, from the bottom of the DAG to its top, and what drives them."""

    def __init__(self, core: Core) -> None:
        c, self.core = core, core
        self.catalogue = server_catalogue()
        self.words = SheetWords()
        self.contacts = Contacts(c.database, c.clock, c.sealer, c.audit, c.throttle)
        self.staff = Staff(c.database, c.clock, c.audit, c.sessions, c.throttle, Passwords())
        self.roles = Roles(c.database, c.audit)
        self.organisation = Organisation(c.database, c.clock, c.audit)
        self.places = Places(c.database, c.clock, c.audit, self.words)
        calendar = holiday_calendar(periods=parse_periods(c.settings.work_periods))
        taxonomy = load_taxonomy()
        self.knowledge = Knowledge(c.clock, c.audit, taxonomy.codes)
        self.cases = Cases(c.database, c.clock, calendar, taxonomy, c.sealer, c.audit, self.catalogue)
        self.anchors = CaseAnchors(c.database, c.audit)
        self.conversations = Conversations(c.clock, self.catalogue)
        self.chats = ConversationViews(self.contacts, self.cases, self._budget)
        self.notifications = Notifications(c.clock, self.conversations)
        self.queue = Queue(c.clock, self.conversations)
        patience = timedelta(days=c.settings.survey_days)
        self.surveys = Surveys(
            c.clock, self.cases, self.conversations, self.notifications, c.jobs, self.catalogue, patience
        )
        c.jobs.register(EXPIRE, self.surveys.expire)
        self.desk = Desk(self.contacts, self.cases, self.conversations)
        self.drafts = Drafts(c.clock, c.sealer, self.conversations)
        self.intake = IntakeService(c.database, c.clock, self.contacts, self.conversations, self.queue)
        self.files = Files(c.settings.data / "files", c.clock)
        self.messaging = Messaging(
            c.settings,
            c.clock,
            c.database,
            c.leases,
            self.contacts,
            self.conversations,
            self.intake,
            self.files,
        )
        self.bus = InProcessBus()
        self.calling = Calling(
            c.settings,
            c.clock,
            c.database,
            c.leases,
            c.audit,
            c.sealer,
            c.secrets,
            c.throttle,
            self.contacts,
            self.conversations,
            self.chats,
            self.cases,
            self.staff,
            c.jobs,
        )
        self.speech = Speech(
            c.settings, c.clock, c.database, c.leases, c.audit, c.secrets, self.cases, self.calling.line
        )
        self.understanding = Understanding(c.settings)
        self.suggesting = Suggesting(
            c.database,
            c.clock,
            c.leases,
            c.audit,
            self.conversations,
            self.queue,
            self.cases,
            self.understanding.rules,
            self.understanding.classifier,
            self.speech.guesses,
        )
        self.hub = LiveHub(c.database, self._feeds())
        self.router = Router(
            c.database,
            c.clock,
            c.leases,
            self.hub.present,
            offer_seconds=c.settings.offer_seconds,
            capacity=c.settings.chats_per_agent,
            has_phone=self.calling.phones.has,
            heartbeat=self.calling.line.heartbeat if c.settings.telephony else None,
        )
        self.calling.phones.on_change(self.router.wake)
        self.relay = Relay(c.database, c.clock, self._subscriptions())

    async def _budget(self, reader: Reader, channel: str, sender: str) -> BudgetView | None:
        return await self.messaging.mailroom.budget(reader, channel, sender)

    def signed_out(self, who: Principal) -> None:
        """Whoever signs out loses live pages and telephone at once."""
        self.hub.close_session(who.session)
        self.calling.signed_out(who.id)

    def guessed(self, event: Event) -> None:
        """Words of a call that may still change: pages show them, and danger is looked for in them."""
        self.hub.signal(event)
        self.suggesting.told(event)

    def accounts_changed(self, recorded: Sequence[Recorded]) -> None:
        """So does whoever is switched off."""
        for one in recorded:
            if isinstance(one.event, UserChanged):
                self.hub.close_person(one.event.user_id)
                self.calling.account_changed(one.event.user_id)

    def _feeds(self) -> Sequence[Feed]:
        sealer = self.core.sealer
        return [
            *case_feeds(self.cases),
            MessagesFeed(),
            QueueFeed(sealer),
            DeskFeed(sealer),
            AgentFeed(),
            ReviewsFeed(),
            *self.calling.feeds,
            *self.speech.feeds,
            *self.suggesting.feeds,
            *citizen_feeds(self.cases),
        ]

    def _subscriptions(self) -> Sequence[AnySubscription]:
        return [
            *conversation_subscriptions(self.conversations),
            *notification_subscriptions(self.notifications),
            *survey_subscriptions(self.surveys),
            *self.calling.subscriptions,
            *self.speech.subscriptions,
            *self.messaging.subscriptions,
            *self.suggesting.subscriptions,
        ]
