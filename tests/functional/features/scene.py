"""A day in a workspace: time passes, phones ring, calls end."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from chalicelibs.domain.instants import epoch_ms
from chalicelibs.ports.carriers import DialRequest, StillAlive
from tests.builders import utc
from tests.functional.product import Acme, Product, report_of_end

EVA, ANA, LEO, TOM = (f"+3460000000{number}" for number in range(1, 5))

#: A campaign's usual way of trying again in these tests.
TWICE = {"max_attempts": 2, "retry_interval_ms": 600_000}


@dataclass
class Scene:
    """A workspace whose clock is in hand; it is noon, a Friday, in UTC."""

    product: Product
    acme: Acme

    # --- what is done ---

    def realtime(self, **settings: Any) -> str:
        """A realtime campaign that runs; gives its id."""
        return self.acme.campaign(**settings)

    def batch(self, phones: Iterable[str] = (), **settings: Any) -> str:
        """A batch campaign that was started, with these contacts; gives its id."""
        campaign_id = self.draft(phones, **settings)
        self.control(campaign_id, "start")
        return campaign_id

    def draft(self, phones: Iterable[str] = (), **settings: Any) -> str:
        """A batch campaign with these contacts; gives its id."""
        campaign_id = str(self.acme.made("/campaigns", self.acme.batch(**settings))["id"])
        rows = "".join(f"{phone},Contact {number}\n" for number, phone in enumerate(phones, 1))
        if rows:
            self.upload(campaign_id, f"phone,name\n{rows}")
        return campaign_id

    def upload(self, campaign_id: str, csv: str) -> Any:
        """Drop a file of contacts; gives the import as its owner sees it."""
        source = f"s3://drop/imports/{self.acme.workspace_id}/{campaign_id}/contacts.csv"
        self.product.drop(source, csv.encode())
        return self.acme.shown(f"/campaigns/{campaign_id}/imports")["imports"][-1]

    def push(self, campaign_id: str, phone: str = EVA, **settings: Any) -> str:
        """Push a task; gives its id."""
        return self.acme.pushed(campaign_id, phone=phone, **settings)

    def control(self, campaign_id: str, control: str) -> Any:
        """Start, pause, resume or archive a campaign; gives what it reads as then."""
        status, shown = self.acme.post(f"/campaigns/{campaign_id}/{control}")
        assert status == 200, shown
        return shown

    def control_task(self, task_id: str, control: str) -> Any:
        """Pause, resume or archive a task; gives what it reads as then."""
        status, shown = self.acme.post(f"/tasks/{task_id}/{control}")
        assert status == 200, shown
        return shown

    def update(self, campaign_id: str, **settings: Any) -> Any:
        """Change settings of a campaign; gives what it reads as then."""
        status, shown = self.acme.patch(f"/campaigns/{campaign_id}", settings)
        assert status == 200, shown
        return shown

    def agent(self, **settings: Any) -> str:
        """Another agent; gives its id."""
        body = {"name": "Bea", "carrier": "simulated", "prompt": "Hello.", **settings}
        return str(self.acme.made("/agents", body)["id"])

    def number(self, phone: str = "+34910000007", **settings: Any) -> str:
        """Another number to call from."""
        body = {"phone": phone, "carrier": "simulated", **settings}
        return str(self.acme.made("/numbers", body)["phone"])

    # --- what happens ---

    def rings(self) -> list[str]:
        """Let the schedule and everything that is due happen; gives the phones that ring."""
        self.product.tick()
        return self._run()

    def at(self, time: str) -> list[str]:
        """Go to `16:30`, or `2027-03-08T16:30`, in UTC; gives the phones that ring then."""
        self.product.clock.at = utc(time if "T" in time else f"2027-03-05T{time}")
        return self.rings()

    def after(self, **time: float) -> list[str]:
        """Let time pass; gives the phones that ring then."""
        self.product.clock.pass_(timedelta(**time))
        return self.rings()

    def ends(self, phone: str, status: str = "completed", **report: Any) -> list[str]:
        """A call ends; gives the phones that ring because of that, at once."""
        self.product.ended(self.asked(phone).call_id, status, **report)
        return self._run()

    def ends_with(self, phone: str, **analysis: Any) -> list[str]:
        """A conversation ends, and the agent says what it was; gives the phones that ring."""
        call_id = self.asked(phone).call_id
        self.product.ended(call_id, analysis_follows=True)
        end = report_of_end(call_id, self.product.clock.at)
        told = {**end, "type": "analysis", "sequence": 3, "analysis": analysis}
        assert self.product.webhook(told).status == 200
        return self._run()

    def _run(self) -> list[str]:
        carrier = self.product.carrier
        before = len(carrier.asked)
        self.product.run()
        new = carrier.asked[before:]
        carrier.states.update({one.call_id: StillAlive() for one in new})
        return [one.phone for one in new]

    # --- what is seen ---

    def asked(self, phone: str) -> DialRequest:
        """What the carrier was last asked for this phone."""
        return next(one for one in reversed(self.product.carrier.asked) if one.phone == phone)

    def task(self, task_id: str) -> Any:
        """A task as it is shown."""
        return self.acme.shown(f"/tasks/{task_id}")

    def tasks(self, campaign_id: str, query: str = "") -> list[Any]:
        """The tasks of a campaign as they are listed."""
        return list(self.acme.shown(f"/campaigns/{campaign_id}/tasks{query}")["tasks"])

    def statuses(self, campaign_id: str) -> dict[str, str]:
        """The statuses of a campaign's tasks, by phone."""
        return {one["phone"]: one["status"] for one in self.tasks(campaign_id)}

    def status(self, campaign_id: str) -> str:
        """What a campaign reads as."""
        return str(self.acme.shown(f"/campaigns/{campaign_id}")["status"])

    def ms(self, time: str) -> int:
        """`16:30` as the seed writes instants."""
        return epoch_ms(utc(time if "T" in time else f"2027-03-05T{time}"))
