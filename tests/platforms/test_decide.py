"""What the supervisor decides, in a small world in memory whose clock moves only when told to."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from accelerapp.platforms.local import decide, model
from accelerapp.platforms.local.model import LEAVING, Ending, Phase, ReplicaRecord, Why

DEFINITION = model.Definition(
    releases="/releases",
    command=("run",),
    environment={},
    port=8080,
    health_path="/health",
    memory_limit=0,
    ready_timeout=10.0,
    settle=3.0,
    stop_signal="TERM",
    stop_grace=5.0,
    log_size=1000,
    log_files=2,
)


class World:
    """A service whose processes do what a test says; `decide` says everything else."""

    def __init__(self, replicas: int) -> None:
        first = model.WantedRevision(1, "1", 0.0, "me", (), DEFINITION)
        self.desired = model.Desired(replicas, 0, False, (first,))
        self.records: dict[str, ReplicaRecord] = {}
        self.now = 1000.0
        self.made = 0
        self.done: model.Template | None = None
        self.busy: set[str] = set()

    def want(self, version: str) -> None:
        made = model.WantedRevision(self.desired.current.number + 1, version, 0.0, "me", (), DEFINITION)
        self.desired = replace(self.desired, revisions=(*self.desired.revisions, made))

    def step(self, seconds: float = 0.1) -> list[decide.Action]:
        self.now += seconds
        actions = decide.decide(self.desired, tuple(self.records.values()), self.busy, self.now)
        for action in actions:
            self._do(action)
        if decide.is_done(self.desired, tuple(self.records.values()), self.now):
            self.done = self.desired.template
        return actions

    def _do(self, action: decide.Action) -> None:
        match action:
            case decide.Create():
                self.made += 1
                name = f"shop-{self.made}"
                version = self.desired.current.version
                self.records[name] = ReplicaRecord(name, self.desired.template, version, Phase.WAITING, self.now)
            case decide.Start(name):
                self._set(name, phase=Phase.STARTING, since=self.now, port=4000, started_at=self.now, ended_for=None)
            case decide.Drain(name):
                if self.records[name].phase is Phase.WAITING:
                    del self.records[name]
                else:
                    self._set(name, phase=Phase.DRAINING, since=self.now)
            case decide.Stop(name):
                self._set(name, phase=Phase.STOPPING, since=self.now, stop_by=self.now + DEFINITION.stop_grace)
            case decide.Restart(name, why, _):
                self._set(name, ended_for=why, stop_by=self.now + DEFINITION.stop_grace)
            case decide.Kill(name):
                self.exits(name)

    def _set(self, name: str, **changes: object) -> None:
        self.records[name] = self.records[name].with_(**changes)

    def of(self, *phases: Phase) -> list[str]:
        return [name for name, record in self.records.items() if record.phase in phases]

    def gets_ready(self, name: str) -> None:
        self._set(name, phase=Phase.READY, since=self.now)

    def gets_sick(self, name: str) -> None:
        self._set(name, phase=Phase.UNREADY, since=self.now)

    def exits(self, name: str) -> None:
        record = self.records[name]
        if record.phase in LEAVING:
            del self.records[name]
            return
        failures = decide.failures_after(record, self.now)
        self._set(
            name,
            phase=Phase.WAITING,
            since=self.now,
            port=None,
            failures=failures,
            next_start_at=self.now + decide.pause(failures),
            ending=Ending(self.now, 1, str(record.ended_for or "Error"), story="It ended."),
            message="It ended. It starts again.",
        )

    def calm(self, seconds: float = 120.0) -> None:
        """Everything that is started gets ready and everything that is asked to end does."""
        until = self.now + seconds
        while self.now < until and not self.is_complete():
            self.step(1.0)
            for name in self.of(Phase.STARTING, Phase.UNREADY):
                self.exits(name) if self.records[name].ended_for else self.gets_ready(name)
            for name in self.of(Phase.STOPPING):
                self.exits(name)

    def is_complete(self) -> bool:
        return self.phase()[0] == "complete" and len(self.records) == self.desired.wanted

    def ready(self) -> int:
        return len(self.of(Phase.READY))

    def phase(self) -> tuple[str, str]:
        return decide.rollout(self.desired, tuple(self.records.values()), self.done, self.now)


def running(replicas: int = 2) -> World:
    world = World(replicas)
    world.calm(10)
    assert world.phase()[0] == "complete"
    return world


def test_a_service_starts_all_its_replicas_at_once() -> None:
    world = World(3)
    assert [type(action) for action in world.step()] == [decide.Create] * 3
    assert [type(action) for action in world.step()] == [decide.Start] * 3
    assert world.step() == []


def test_a_rollout_has_one_surplus_replica_that_must_settle_before_an_old_one_goes() -> None:
    world = running(2)
    old = set(world.records)
    world.want("2")
    world.step()
    world.step()
    new = (set(world.records) - old).pop()
    assert len(world.records) == 3
    world.gets_ready(new)
    assert world.step(2.8) == []
    assert [type(action) for action in world.step(0.3)] == [decide.Drain, decide.Create]


def test_a_replica_that_leaves_the_proxy_may_still_be_given_a_request_for_a_moment() -> None:
    world = running(1)
    world.desired = replace(world.desired, stopped=True)
    assert world.step() == [decide.Drain("shop-1")]
    assert world.step(decide.UNHEARD / 2) == []
    world.busy = {"shop-1"}
    assert world.step(2.0) == []
    world.busy = set()
    assert world.step() == [decide.Stop("shop-1")]
    assert world.step(4.9) == []
    assert world.step(0.2) == [decide.Kill("shop-1")]


def test_a_connection_that_never_ends_holds_a_replica_no_longer_than_the_grace() -> None:
    world = running(1)
    world.desired = replace(world.desired, stopped=True)
    world.busy = {"shop-1"}
    world.step()
    assert world.step(4.9) == []
    assert world.step(0.2) == [decide.Stop("shop-1")]


def test_a_version_that_crashes_fails_its_rollout_and_the_old_ones_stay() -> None:
    world = running(2)
    old = set(world.records)
    world.want("2")
    for _ in range(200):
        world.step(0.5)
        for name in world.of(Phase.STARTING):
            world.exits(name)
    assert world.phase()[0] == "failed"
    assert "2 of 2 replicas go on serving" in world.phase()[1]
    assert old < set(world.records)
    assert len(world.records) == 3


def test_going_back_from_a_version_that_crashes_replaces_nothing_that_serves() -> None:
    world = running(2)
    old = set(world.records)
    world.want("2")
    for _ in range(20):
        world.step(0.5)
        for name in world.of(Phase.STARTING):
            world.exits(name)
    world.want("1")
    world.calm(20)
    assert set(world.records) == old
    assert world.phase()[0] == "complete"


def test_another_version_after_one_that_crashes_gets_its_turn() -> None:
    world = running(2)
    world.want("2")
    for _ in range(20):
        world.step(0.5)
        for name in world.of(Phase.STARTING):
            world.exits(name)
    world.want("3")
    world.calm()
    assert {record.version for record in world.records.values()} == {"3"}
    assert world.phase()[0] == "complete"


def test_scaling_down_in_the_middle_of_a_rollout_leaves_one_surplus_replica() -> None:
    world = running(2)
    world.want("2")
    world.desired = replace(world.desired, replicas=4)
    world.step()
    world.step()
    assert len(world.of(Phase.STARTING)) == 3
    world.desired = replace(world.desired, replicas=2)
    assert len(world.step()) == 2
    assert (world.ready(), len(world.of(Phase.STARTING))) == (2, 1)


def test_a_replica_that_is_hurt_is_kept_until_a_new_one_has_settled() -> None:
    world = running(2)
    world.gets_sick("shop-1")
    world.want("2")
    world.step()
    world.step()
    assert "shop-1" in world.of(Phase.UNREADY)


def test_one_crash_is_bad_luck_and_two_are_a_failure() -> None:
    world = running(1)
    world.want("2")
    world.step()
    world.step()
    world.exits("shop-2")
    assert world.phase()[0] == "progressing"
    world.step()
    world.exits("shop-2")
    assert world.phase()[0] == "failed"


def test_not_getting_ready_in_time_is_a_failure_at_once_and_asked_to_end_gently() -> None:
    world = running(1)
    world.want("2")
    world.step()
    world.step()
    assert world.step(DEFINITION.ready_timeout + 0.1) == [
        decide.Restart("shop-2", Why.NOT_READY, "It was not ready for 10 s.")
    ]
    assert world.step(4.8) == []
    assert world.step(0.3) == [decide.Kill("shop-2")]
    assert world.phase()[0] == "failed"


def test_crashes_are_started_again_later_and_later_but_at_least_once_a_minute() -> None:
    assert [decide.pause(failures) for failures in range(9)] == [0, 0, 1, 2, 4, 8, 16, 32, 60]
    assert decide.pause(10_000) == 60


def test_a_minute_of_running_forgives_earlier_crashes() -> None:
    record = ReplicaRecord("shop-1", model.Template("a", 0), "1", Phase.READY, 0.0, started_at=100.0, failures=7)
    assert decide.failures_after(record, 130.0) == 8
    assert decide.failures_after(record, 160.0) == 1


def test_a_service_without_a_port_is_settled_as_soon_as_it_is_ready() -> None:
    world = World(1)
    record = ReplicaRecord("shop-1", world.desired.template, "1", Phase.READY, world.now)
    assert decide.is_settled(world.desired, record, world.now)
    assert not decide.is_settled(world.desired, record.with_(port=4000), world.now)


def test_what_is_wanted_and_not_there_is_told_with_its_reason() -> None:
    world = running(2)
    world.exits("shop-1")
    assert world.phase() == ("progressing", "1 of 2 replicas ready. shop-1: It ended. It starts again.")


HAPPENINGS = st.sampled_from(
    ["ready", "sick", "crash", "exit", "version", "back", "scale", "restart", "stop", "go", ""]
)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 4), st.lists(st.tuples(HAPPENINGS, st.integers(0, 9), st.floats(0.1, 8.0)), max_size=60))
def test_whatever_happens_nothing_good_is_taken_down_and_calm_leads_to_what_is_wanted(
    replicas: int, happenings: list[tuple[str, int, float]]
) -> None:
    world = World(replicas)
    for what, number, seconds in happenings:
        _happen(world, what, number)
        before, wanted = world.ready(), world.desired.wanted
        world.step(seconds)
        assert world.ready() >= min(before, wanted)
        assert len(world.records) - len(world.of(*LEAVING)) <= (wanted + 1 if wanted else 0)
    world.calm(300)
    assert len(world.records) == world.desired.wanted
    assert world.ready() == world.desired.wanted
    assert all(record.template == world.desired.template for record in world.records.values())
    assert world.phase()[0] == "complete"


def _happen(world: World, what: str, number: int) -> None:
    candidates = {
        "ready": [name for name in world.of(Phase.STARTING, Phase.UNREADY) if not world.records[name].ended_for],
        "sick": world.of(Phase.READY),
        "crash": world.of(Phase.STARTING, Phase.READY, Phase.UNREADY),
        "exit": world.of(Phase.STOPPING, Phase.DRAINING),
    }.get(what, [])
    if candidates:
        name = candidates[number % len(candidates)]
        {"ready": world.gets_ready, "sick": world.gets_sick, "crash": world.exits, "exit": world.exits}[what](name)
    elif what == "version":
        world.want(str(number))
    elif what == "back":
        world.want(world.desired.revisions[0].version)
    elif what == "scale":
        world.desired = replace(world.desired, replicas=number % 5)
    elif what == "restart":
        world.desired = replace(world.desired, restart=world.desired.restart + 1)
    elif what in ("stop", "go"):
        world.desired = replace(world.desired, stopped=what == "stop")
