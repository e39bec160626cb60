"""The local platform when things die, jump, lie or happen at once. Real processes, real files."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from tests.platforms.conftest import Make, kill_supervisor, left_over
from tests.platforms.contract import SHOP, complete, eventually, when

import accelerapp
from accelerapp.base import errors
from accelerapp.base.clock import SystemClock
from accelerapp.base.ids import ReplicaName
from accelerapp.platforms.interface import LogRequest, RolloutPhase
from accelerapp.platforms.local import files, model, plain, proctable, replicas, supervisor
from accelerapp.platforms.local.model import Phase
from accelerapp.platforms.local.platform import LocalPlatform

DIES = """
import os, signal, sys, threading
from accelerapp.platforms.local import supervisor
left = int(sys.argv[2])

def hook(event, arguments):
    global left
    if event in ("os.rename", "subprocess.Popen", "os.killpg", "os.remove"):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(hook)
os.fork = lambda: 0
supervisor.main()
"""


def status_file(folder: Path) -> Path:
    return folder / "services" / "shop" / "status.json"


def get(platform: LocalPlatform, path: str = "/") -> str:
    with urllib.request.urlopen(platform.workload(SHOP).address + path, timeout=10) as answer:
        return answer.read().decode()


def pids(platform: LocalPlatform) -> set[int | None]:
    return {replica.pid for replica in platform.workload(SHOP).replicas}


@pytest.mark.parametrize("first", [1, 6, 11])
def test_a_supervisor_that_dies_before_any_of_its_deeds_leaves_a_consistent_state(
    make: Make, tmp_path: Path, first: int
) -> None:
    folder = tmp_path / "local"
    platform = make()
    platform.start()
    when(platform, complete)
    kill_supervisor(folder)
    for deed in range(first, first + 5):
        platform.set_version(SHOP, ("2.0.0", "1.0.0")[deed % 2], by="me")
        platform.restart(SHOP, by="me")
        dying = subprocess.Popen([sys.executable, "-c", DIES, str(folder), str(deed)], start_new_session=True)
        assert dying.wait(60) == -signal.SIGKILL
    platform.start()
    final = when(platform, complete)
    assert {found[0].pid for found in left_over(folder).values()} == {replica.pid for replica in final.replicas}
    assert {replica.version for replica in final.replicas} == {final.version}
    platform.stop()
    assert not left_over(folder)


def test_what_is_wanted_while_no_supervisor_runs_is_done_at_the_next_start(make: Make, tmp_path: Path) -> None:
    platform = make()
    platform.start()
    when(platform, complete)
    kill_supervisor(tmp_path / "local")
    platform.scale(SHOP, 1, by="me")
    platform.set_version(SHOP, "2.0.0", by="me")
    platform.start()
    done = when(platform, lambda workload: complete(workload) and workload.version == "2.0.0")
    assert (done.desired, done.replicas[0].version) == (1, "2.0.0")


def test_two_who_change_what_is_wanted_at_once_lose_nothing(platform: LocalPlatform) -> None:
    with ThreadPoolExecutor(8) as many:
        list(many.map(lambda number: platform.restart(SHOP, by=f"me {number}"), range(40)))
    desired = platform._folder.service(SHOP).read_desired()
    assert desired is not None
    assert desired.restart == 40
    told = [event for event in platform.events(SHOP, 100) if event.reason == "Restarted"]
    assert len({event.message for event in told}) == 40


def test_stop_ends_the_replicas_of_a_supervisor_that_died(platform: LocalPlatform, tmp_path: Path) -> None:
    when(platform, complete)
    kill_supervisor(tmp_path / "local")
    assert left_over(tmp_path / "local")
    platform.stop()
    assert not left_over(tmp_path / "local")
    assert not platform.is_running()


def test_a_new_supervisor_spares_what_a_client_is_just_writing(platform: LocalPlatform, tmp_path: Path) -> None:
    when(platform, complete)
    kill_supervisor(tmp_path / "local")
    folder = tmp_path / "local" / "services" / "shop"
    dead = subprocess.Popen(["true"])
    dead.wait()
    unfinished, left = folder / f".desired.json.{os.getppid()}", folder / f".desired.json.{dead.pid}"
    unfinished.write_text("{")
    left.write_text("{")
    platform.start()
    eventually(lambda: not left.exists())
    assert unfinished.exists()


def test_a_service_that_the_settings_name_no_more_is_stopped(platform: LocalPlatform, tmp_path: Path) -> None:
    when(platform, complete)
    LocalPlatform(tmp_path / "local", {}, SystemClock()).start()
    eventually(lambda: not left_over(tmp_path / "local"))
    platform.start()
    when(platform, complete)


def test_a_supervisor_of_another_version_hands_its_replicas_over(
    platform: LocalPlatform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    when(platform, complete)
    before, lock = pids(platform), tmp_path / "local" / "supervisor.lock"
    old = lock.read_text()
    monkeypatch.setattr(accelerapp, "__version__", "99")  # ours is the newer one, as after an upgrade
    platform.start()
    assert lock.read_text() != old
    when(platform, complete)
    assert pids(platform) == before


def test_a_process_that_nobody_wrote_down_is_ended(make: Make, tmp_path: Path) -> None:
    folder = tmp_path / "local"
    mark = f"{folder.resolve()}#shop-lost1#abc"
    lost = subprocess.Popen(["sleep", "1000"], env={"ACCELERAPP_SPAWN": mark, "PATH": os.environ["PATH"]})
    other = subprocess.Popen(
        ["sleep", "1000"], env={"ACCELERAPP_SPAWN": f"{folder.resolve()}2#shop#abc", "PATH": os.environ["PATH"]}
    )
    make().start()
    assert lost.wait(20) == -signal.SIGKILL
    assert other.poll() is None
    other.kill()
    other.wait()


def test_a_replica_whose_pid_was_not_written_down_is_found_by_its_mark(platform: LocalPlatform, tmp_path: Path) -> None:
    when(platform, complete)
    before = pids(platform)
    kill_supervisor(tmp_path / "local")
    path = status_file(tmp_path / "local")
    status = plain.read(model.Status, json.loads(path.read_text()))
    torn = tuple(one.with_(pid=None, identity="", phase=Phase.STARTING) for one in status.replicas)
    files.write_json(path, replace(status, replicas=torn))
    platform.start()
    when(platform, complete)
    assert pids(platform) == before


def test_a_pid_that_went_to_another_process_is_not_taken_for_a_replica(platform: LocalPlatform, tmp_path: Path) -> None:
    victim = when(platform, complete).replicas[0]
    kill_supervisor(tmp_path / "local")
    stranger = subprocess.Popen(["sleep", "1000"], start_new_session=True)
    path = status_file(tmp_path / "local")
    status = plain.read(model.Status, json.loads(path.read_text()))
    mixed_up = tuple(
        one.with_(pid=stranger.pid, spawn_id="gone") if one.name == victim.name else one for one in status.replicas
    )
    files.write_json(path, replace(status, replicas=mixed_up))
    platform.start()
    when(platform, complete)
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()
    assert len(left_over(tmp_path / "local")) == 2


def test_a_request_under_way_is_finished_by_the_old_version(make: Make) -> None:
    platform = make(replicas=1, settle="100ms")
    platform.start()
    when(platform, complete)
    answers: list[str] = []
    asker = threading.Thread(target=lambda: answers.append(get(platform, "/slow")))
    asker.start()
    platform.set_version(SHOP, "2.0.0", by="me")
    when(platform, lambda workload: complete(workload) and workload.version == "2.0.0")
    asker.join()
    assert answers == ["1.0.0"]


def test_a_replica_that_ignores_the_stop_signal_is_killed_with_its_children(make: Make, tmp_path: Path) -> None:
    platform = make(release="stubborn-1", replicas=1, stop_grace="500ms")
    platform.start()
    when(platform, complete)
    get(platform, "/child")
    eventually(lambda: sum(map(len, left_over(tmp_path / "local").values())) == 3)
    platform.stop()
    assert not left_over(tmp_path / "local")
    assert any("did not end in time" in event.message for event in platform.events(SHOP))


def test_children_of_a_replica_that_crashes_go_with_it(make: Make, tmp_path: Path) -> None:
    platform = make(replicas=1)
    platform.start()
    when(platform, complete)
    get(platform, "/child")
    get(platform, "/exit")
    healed = when(platform, lambda workload: complete(workload) and workload.replicas[0].restarts == 1)
    assert [found[0].pid for found in left_over(tmp_path / "local").values()] == [healed.replicas[0].pid]
    assert sum(map(len, left_over(tmp_path / "local").values())) == 1


def test_a_port_that_another_process_takes_first_costs_no_back_off(make: Make) -> None:
    platform = make(release="late-1", replicas=1)
    platform.start()
    given = eventually(lambda: platform.workload(SHOP).replicas and platform.workload(SHOP).replicas[0].address)
    with socket.create_server(("127.0.0.1", int(str(given).rpartition(":")[2]))):
        healed = when(platform, complete)
    assert healed.replicas[0].address != given
    assert healed.replicas[0].last_exit is not None
    assert healed.replicas[0].last_exit.reason == "PortTaken"
    assert not any(event.reason == "BackOff" for event in platform.events(SHOP))


def test_another_process_that_answers_on_the_port_is_not_taken_for_the_replica(make: Make) -> None:
    stranger = "import sys,http.server as h; h.HTTPServer(('127.0.0.1', int(sys.argv[1])), h.SimpleHTTPRequestHandler)"
    platform = make(command=["sleep", "1000"], replicas=1, health_path="/")
    platform.start()
    given = eventually(lambda: platform.workload(SHOP).replicas and platform.workload(SHOP).replicas[0].address)
    port = str(given).rpartition(":")[2]
    other = subprocess.Popen([sys.executable, "-c", stranger + ".serve_forever()", port], stderr=subprocess.DEVNULL)
    try:
        told = when(platform, lambda workload: workload.replicas[0].last_exit is not None)
    finally:
        other.kill()
        other.wait()
    assert told.replicas[0].last_exit is not None
    assert told.replicas[0].last_exit.reason == "PortTaken"
    assert other.pid not in pids(platform)
    assert not any(event.reason == "Ready" for event in platform.events(SHOP))


def test_a_service_without_a_port_is_ready_once_it_has_lived_for_the_settle_time(make: Make) -> None:
    platform = make(port=None, command=["sleep", "1000"], settle="1s", replicas=1)
    platform.start()
    first = when(platform, lambda workload: bool(workload.replicas and workload.replicas[0].pid))
    assert not first.replicas[0].ready
    done = when(platform, complete)
    assert (done.ready, done.address, done.replicas[0].address) == (1, "", "")


def test_no_line_is_lost_while_the_log_of_a_busy_replica_rotates(make: Make) -> None:
    platform = make(replicas=1, log_size=4000, log_files=500)
    platform.start()
    when(platform, complete)
    folder = platform._folder.service(SHOP).logs
    number = 0

    def ask_more() -> bool:
        nonlocal number
        for _ in range(200):
            get(platform, f"/n{number:05d}")
            number += 1
        return bool(list(folder.glob("*.log.3")))

    eventually(ask_more, 60)
    chunks = list(platform.logs(LogRequest(SHOP)))
    seen = [line for chunk in chunks for line in chunk.data.splitlines() if b" /n" in line]
    assert seen == [f"1.0.0 /n{one:05d}".encode() for one in range(number)]


def test_only_the_owner_may_read_what_is_wanted(platform: LocalPlatform) -> None:
    folder = platform._folder.service(SHOP)
    assert stat.S_IMODE(folder.desired.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700


def test_a_damaged_wish_leaves_what_was_wanted_before(platform: LocalPlatform) -> None:
    when(platform, complete)
    before = pids(platform)
    path = platform._folder.service(SHOP).desired
    whole = path.read_bytes()
    path.write_bytes(whole[:50])
    eventually(lambda: any(event.reason == "DesiredDamaged" for event in platform.events(SHOP)))
    with pytest.raises(errors.CannotTellError, match="damaged"):
        platform.workload(SHOP)
    path.write_bytes(whole)
    when(platform, complete)
    assert pids(platform) == before


def test_a_folder_that_is_gone_ends_its_supervisor_after_a_while(tmp_path: Path) -> None:
    folder = files.Folder(tmp_path / "local")
    folder.path.mkdir()
    lock = supervisor._take(folder)
    assert lock is not None
    running = supervisor.Supervisor(folder, lock, SystemClock(), 16)
    assert not running._is_gone(1000.0)
    folder.lock.unlink()
    assert not running._is_gone(1005.0)
    assert running._is_gone(1011.0)


def test_whoever_asks_whether_a_supervisor_runs_does_not_keep_one_from_starting(tmp_path: Path) -> None:
    folder = files.Folder(tmp_path)
    folder.lock.touch()
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            folder.supervisor_pid()

    asker = threading.Thread(target=ask)
    asker.start()
    lock = supervisor._take(folder)
    stop.set()
    asker.join()
    assert lock is not None
    assert folder.supervisor_pid() == os.getpid()


def test_after_a_start_of_the_machine_times_stand_where_they_stood_on_the_wall() -> None:
    record = model.ReplicaRecord(
        "shop-1",
        model.Template("a", 0),
        "1",
        Phase.WAITING,
        since=90_000.0,
        next_start_at=90_060.0,
        started_at=89_000.0,
        ending=model.Ending(90_000.0, 1, "Error"),
    )
    status = model.Status(at=1_000_000.0, steady=90_010.0, boot="another", replicas=(record,))
    moved = replicas._on_this_boot(record, status, now=50.0, wall=1_000_100.0)
    after = model.Status(at=1_000_100.0, steady=50.0, boot=proctable.boot())
    assert moved.ending is not None
    assert after.wall(moved.ending.at) == status.wall(90_000.0)
    assert moved.next_start_at == 50.0
    assert moved.since <= 50.0


def test_files_of_other_versions_are_read() -> None:
    status = model.Status(at=1.0, replicas=())
    data = plain.write(status) | {"of_a_later_version": {"a": [1]}}
    del data["message"]
    assert plain.read(model.Status, data) == status
    with pytest.raises(TypeError):
        plain.read(model.EventRecord, {"at": 1.0})


def test_a_command_that_leaves_something_in_the_background_comes_back(platform: LocalPlatform) -> None:
    replica = when(platform, complete).replicas[0].name
    result = platform.run(replica, ["sh", "-c", "sleep 1000 & echo $!"], timeout=20)
    assert result.exit_code == 0
    background = int(result.stdout)
    eventually(lambda: not psutil.pid_exists(background) or psutil.Process(background).status() == "zombie")
    with pytest.raises(errors.WrongUseError, match="cannot be started"):
        platform.run(ReplicaName(replica), ["/no/such/program"], timeout=5)


def test_a_crash_loop_says_all_that_there_is_to_know(make: Make) -> None:
    platform = make(release="crash-1", replicas=1)
    platform.start()
    stuck = when(platform, lambda workload: workload.phase is RolloutPhase.FAILED and "in 1 s" in workload.message)
    reason = stuck.replicas[0].reason
    assert reason == (
        'It ended with exit code 3 (Error). Last line: "Missing setting PAYMENT_URL". Start 3 follows in 1 s.'
    )
    assert reason in stuck.message
