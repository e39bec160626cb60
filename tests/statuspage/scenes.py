"""A status page with something of everything, for tests and to be looked at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from accelerapp.base.ids import ComponentId, IncidentId, MaintenanceId, OutageId, ServiceName, UpdateId
from accelerapp.statuspage import maintenances, publishing
from accelerapp.statuspage.model import (
    Board,
    Component,
    ComponentState,
    Follows,
    Group,
    Impact,
    Outage,
    Page,
    Progress,
    Report,
    Update,
)
from accelerapp.statuspage.site.scene import Scene

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LONG_AGO = NOON - 200 * DAY
PAGE = Page("bookshop", "Bookshop", "https://status.example.com", support_url="https://example.com/help")
SHOP = Component(ComponentId("cmp_shop"), "Shop", 1, LONG_AGO, LONG_AGO, "Search, basket and the pages of books")
CHECKOUT = Component(ComponentId("cmp_checkout"), "Checkout", 2, LONG_AGO, LONG_AGO, "Payment and orders")
EMAIL = Component(ComponentId("cmp_mail"), "E-mail", 3, NOON - 40 * DAY, LONG_AGO, group=ComponentId("grp_back"))
API = Component(ComponentId("cmp_api"), "API", 4, LONG_AGO, LONG_AGO, group=ComponentId("grp_back"))
BACK = Group(ComponentId("grp_back"), "For partners", 1, LONG_AGO, LONG_AGO)
WELL = Board(groups=(BACK,), components=(SHOP, CHECKOUT, EMAIL, API))


def outage(
    number: int, component: Component, state: ComponentState | None, ago: timedelta, length: timedelta
) -> Outage:
    """One of the past."""
    return Outage(OutageId(f"otg_{number}"), component.id, state, NOON - ago, NOON - ago + length)


def update(number: int, status: Progress, body: str, at: datetime) -> Update:
    """One that changed nothing."""
    return Update(UpdateId(f"upd_{number}"), status, body, at, by="ann")


def over(number: int, title: str, ago: timedelta) -> Report:
    """An incident that is over."""
    begun = NOON - ago
    updates = (
        update(number * 10, Progress.INVESTIGATING, "We are looking into it.", begun),
        update(number * 10 + 1, Progress.RESOLVED, "It is over. **Nothing was lost.**", begun + HOUR),
    )
    id = IncidentId(f"inc_{number}")
    return Report(id, title, Impact.MINOR, Progress.RESOLVED, begun, updates, (SHOP.id,), resolved_at=begun + HOUR)


def told(board: Board, message: str, at: datetime, **given: object) -> Board:
    """The board after an update of `inc_now`."""
    made = publishing.compose(board, IncidentId("inc_now"), publishing.Wanted(message, **given), "ann", at)  # type: ignore[arg-type]
    changed = {each.id: each for each in made.components}
    ended = {each.id: each for each in made.outages}
    others = tuple(each for each in board.reports if each.id != made.report.id)
    return Board(
        board.groups,
        tuple(changed.get(each.id, each) for each in board.components),
        (made.report, *others),
        board.maintenances,
        (*(each for each in board.outages if each.id not in ended), *ended.values()),
    )


def past() -> Board:
    """All is well, and was not always."""
    outages = (
        outage(1, SHOP, ComponentState.MAJOR_OUTAGE, 20 * DAY, 2 * HOUR),
        outage(2, SHOP, ComponentState.DEGRADED, 33 * DAY, 5 * HOUR),
        outage(3, CHECKOUT, ComponentState.PARTIAL_OUTAGE, 5 * DAY, HOUR),
        outage(4, API, None, 12 * DAY, 3 * DAY),
        outage(5, API, ComponentState.MAJOR_OUTAGE, 60 * DAY, 9 * HOUR),
    )
    works = (planned("Move to a larger database", NOON + 2 * DAY, 2 * HOUR),)
    reports = (over(1, "Slow search", 4 * DAY), over(2, "Problem with Shop", 20 * DAY))
    return Board(WELL.groups, WELL.components, reports, works, outages)


def planned(title: str, begin: datetime, length: timedelta) -> maintenances.Maintenance:
    """A maintenance of the checkout."""
    wanted = maintenances.Planned(title, begin, begin + length, "Orders can be placed *before and after* it.")
    made = maintenances.announce(wanted, [CHECKOUT.id], "ann", NOON - 3 * DAY)
    return maintenances.replace(made, id=MaintenanceId("mnt_1"))


def broken() -> Board:
    """Something of everything."""
    shop = {"Shop": ComponentState.MAJOR_OUTAGE, "Checkout": ComponentState.DEGRADED}
    board = told(past(), "We are investigating why the shop does not open.", NOON - HOUR, components=shop)
    text = "A release of this morning is the cause. We are **going back** to the one before.\n\n- Orders that were placed are safe.\n- See [our notes](https://example.com/notes)."
    board = told(
        board, text, NOON - HOUR / 2, status=Progress.IDENTIFIED, components={"Shop": ComponentState.PARTIAL_OUTAGE}
    )
    lost = Component(
        ComponentId("cmp_lost"),
        "Warehouse",
        9,
        LONG_AGO,
        LONG_AGO,
        service=ServiceName("warehouse"),
        follows=Follows.SERVICE,
        looked_at=NOON - 3 * HOUR,
    )
    work = planned("New printers for invoices", NOON - HOUR, 2 * HOUR)
    busy = maintenances.replace(work, id=MaintenanceId("mnt_2"), components=(EMAIL.id,))
    return Board(board.groups, (*board.components, lost), board.reports, (*board.maintenances, busy), board.outages)


def scene(board: Board, **given: object) -> Scene:
    """At noon."""
    return Scene(PAGE, board, NOON, **given)  # type: ignore[arg-type]
