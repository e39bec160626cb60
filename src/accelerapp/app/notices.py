"""Notices, wired: what people are told without being called."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING

from accelerapp.app.alerts import Alerts

if TYPE_CHECKING:
    from accelerapp.flows.handoff import Handoffs
    from accelerapp.flows.oncall_report import Reporting


class Notices(Alerts):
    """Who hears of what."""

    @cached_property
    def handoffs(self) -> Handoffs:
        """Tells who comes on call and who goes."""
        from accelerapp.flows.handoff import Handoffs

        revisions = {str(each.name): partial(self.platform(each).revisions, each.name) for each in self.services}
        return Handoffs(
            reading=self.pager.reading,
            writing=self.pager.writing,
            clock=self.clock,
            wake=self._wake,
            revisions=revisions,
            asker=self._asker,
            now_on_call=self.oncall.now,
            before=self.settings.paging.handoff_before,
        )

    @cached_property
    def oncall_report(self) -> Reporting:
        """Tells every day what is wrong with on-call."""
        from accelerapp.flows.oncall_report import Reporting

        return Reporting(
            reading=self.pager.reading,
            writing=self.pager.writing,
            clock=self.clock,
            wake=self._wake,
            remarks=self.oncall.remarks,
            at=self.settings.paging.report_at,
        )
