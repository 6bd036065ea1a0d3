"""The thin slice as a story in steps: from a citizen's first word to the closed case.

Every step can be repeated: whoever was not sure that it worked does it again, as a person would.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from tests.support.people import Person, Refused, eventually

TEXT = "The street lamp in front of No. 12, Wuyi Road has been dark for three nights."
CATEGORY = "LT-01-01"
PHONE = "13800002046"


@dataclass
class Story:
    """The people in it, and what they know so far."""

    citizen: Person
    agent: Person
    dispatcher: Person
    clerk: Person
    conversation_id: str = ""
    case_no: str = ""
    survey_id: str = ""
    heard: list[str] = field(default_factory=list)

    @property
    def steps(self) -> list[tuple[str, Callable[[], Awaitable[None]]]]:
        """The steps in their order."""
        return [
            ("says", self.says),
            ("ready", self.ready),
            ("answers", self.answers),
            ("registers", self.registers),
            ("signs", self.signs),
            ("reports", self.reports),
            ("passes", self.passes),
            ("is_asked", self.is_asked),
            ("rates", self.rates),
            ("is_told", self.is_told),
        ]

    async def says(self) -> None:
        """The citizen writes; the same message id twice is one message."""
        receipt = await self.citizen.say(TEXT, "story-first-message")
        self.conversation_id = receipt["conversation_id"]

    async def ready(self) -> None:
        """The agent opens the desk and is ready."""
        await self.agent.ask("PUT", "/api/agent/state", {"state": "ready"})

    async def answers(self) -> None:
        """The conversation is offered; the agent takes it and answers."""

        async def mine() -> bool:
            # Whoever comes back after a while away is busy until saying otherwise.
            if (await self.agent.ask("GET", "/api/agent/state"))["state"] == "busy":
                await self.ready()
            items = await self.agent.ask("GET", "/api/queue")
            if not any(i["conversation_id"] == self.conversation_id for i in items):
                return True
            return any(i["conversation_id"] == self.conversation_id and i["offered_to"] for i in items)

        await eventually(mine, "the conversation is offered")
        try:
            await self.agent.ask("POST", f"/api/queue/items/{self.conversation_id}/accept")
        except Refused as refused:
            if refused.body["code"] != "offer_gone":
                raise
        await self.agent.ask(
            "POST",
            f"/api/conversations/{self.conversation_id}/messages",
            {"id": "story-first-answer", "text": "Thank you, I am writing it down."},
        )

    async def registers(self) -> None:
        """Registers, accepts and dispatches in one go."""
        units = {u["code"]: u["id"] for u in await self.agent.ask("GET", "/api/units")}
        case = await self.agent.ask(
            "POST",
            "/api/desk/cases",
            {
                "key": "story-case",
                "conversation_id": self.conversation_id,
                "channel": "web",
                "request_type": "help",
                "category_code": CATEGORY,
                "title": "Street lamp dark",
                "content": TEXT,
                "address": "12, Wuyi Road",
                "requester_name": "Li",
                "requester_phone": PHONE,
                "unit_id": units["U-LT"],
            },
        )
        self.case_no = case["case_no"]
        assert any(d["type"] == "finish" and d["due_at"] for d in case["deadlines"])

    async def case(self, person: Person) -> Any:
        """The case as this person sees it."""
        return await person.ask("GET", f"/api/cases/{self.case_no}")

    async def act(self, person: Person, action: str, done: str, **payload: Any) -> None:
        """One action, unless the case shows that it was done."""
        case = await self.case(person)
        if any(event["action"] == done for event in await self.events(person)):
            return
        if payload.pop("on_assignment", False):
            payload["assignment_id"] = case["assignments"][0]["id"]
        body = {"version": case["version"], "payload": payload}
        await person.ask("POST", f"/api/cases/{self.case_no}/actions/{action}", body)

    async def events(self, person: Person) -> list[Any]:
        """The case's history."""
        found: list[Any] = await person.ask("GET", f"/api/cases/{self.case_no}/events")
        return found

    async def signs(self) -> None:
        """The unit's clerk signs and sends a crew."""
        (view,) = [
            a
            for a in await self.clerk.ask("GET", "/api/unit/assignments")
            if a["case"]["case_no"] == self.case_no
        ]
        unit_id = view["case"]["lead_unit"]["id"]
        crews = await self.clerk.ask("GET", f"/api/units/{unit_id}/crews")
        await self.act(self.clerk, "sign", "sign", on_assignment=True, crew_id=crews[0]["id"])

    async def reports(self) -> None:
        """The clerk reports what was done."""
        await self.act(
            self.clerk,
            "report",
            "report",
            on_assignment=True,
            result_code="fixed",
            narrative="The lamp was replaced and lights up again; the wiring was checked.",
            contacted_user=True,
            labor_fee=0,
        )

    async def passes(self) -> None:
        """The centre checks and passes it (C14)."""
        await self.act(self.dispatcher, "pass", "pass", check_result="on_site")

    async def is_asked(self) -> None:
        """The question appears in the chat."""

        async def question() -> str:
            chat = await self.citizen.ask("GET", "/api/citizen/conversation")
            asked = [m for m in chat["messages"] if m["kind"] == "survey"]
            return asked[0]["payload"]["survey_id"] if asked else ""

        self.survey_id = await eventually(question, "the citizen is asked")

    async def rates(self) -> None:
        """The citizen is satisfied; answering again is refused and changes nothing."""
        answer = {"visited": "yes", "solved": "yes", "labour_fee": False, "score": 5, "remark": ""}
        try:
            await self.citizen.ask("POST", f"/api/citizen/surveys/{self.survey_id}/answer", answer)
        except Refused as refused:
            if refused.body["code"] != "survey_answered":
                raise

    async def is_told(self) -> None:
        """The case is closed, and its notice stands in the chat."""

        async def notice() -> list[str]:
            chat = await self.citizen.ask("GET", "/api/citizen/conversation")
            return [m["text"] for m in chat["messages"] if m["kind"] == "notice" and "closed" in m["text"]]

        self.heard = await eventually(notice, "the closing notice is in the chat")
        assert (await self.case(self.agent))["state"] == "closed"
