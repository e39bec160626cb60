"""The local platform with real processes: the contract, and what only it can do."""

import contextlib
import http.client
import os
import random
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest
from tests.platforms.conftest import Make, kill_supervisor, left_over
from tests.platforms.contract import SHOP, PlatformContract, complete, eventually, when

from accelerapp.base import errors
from accelerapp.platforms.interface import LogRequest, ReplicaState, RolloutPhase
from accelerapp.platforms.local.platform import LocalPlatform


class TestLocalPlatform(PlatformContract):
    pass


def get(platform: LocalPlatform, path: str = "/") -> str:
    with urllib.request.urlopen(platform.workload(SHOP).address + path, timeout=5) as answer:
        return answer.read().decode()


def test_without_a_supervisor_nobody_can_tell(make: Make) -> None:
    with pytest.raises(errors.CannotTellError, match="not running"):
        make().workload(SHOP)


def test_no_request_is_lost_while_a_version_is_rolled_out(platform: LocalPlatform) -> None:
    address = when(platform, complete).address
    answers: list[str] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            try:
                answers.append(urllib.request.urlopen(address, timeout=5).read().decode())
            except (urllib.error.URLError, OSError) as error:
                answers.append(f"failed: {error}")
            time.sleep(0.005)

    askers = [threading.Thread(target=ask) for _ in range(3)]
    for asker in askers:
        asker.start()
    platform.set_version(SHOP, "2.0.0", by="me")
    when(platform, lambda workload: complete(workload) and workload.version == "2.0.0")
    stop.set()
    for asker in askers:
        asker.join()
    assert set(answers) == {"1.0.0", "2.0.0"}


def test_a_killed_replica_comes_back(platform: LocalPlatform) -> None:
    victim = when(platform, complete).replicas[0]
    assert victim.pid is not None
    os.kill(victim.pid, signal.SIGKILL)
    hurt = when(platform, lambda workload: workload.ready == 1)
    assert not complete(hurt)
    healed = when(platform, complete)
    same = next(replica for replica in healed.replicas if replica.name == victim.name)
    assert same.restarts == 1
    assert same.last_exit is not None
    assert same.last_exit.reason == "Killed by signal 9"


def test_a_replica_that_gets_sick_leaves_the_proxy_and_is_replaced_in_time(make: Make) -> None:
    platform = make(ready_timeout="2s", replicas=1)
    platform.start()
    when(platform, complete)
    get(platform, "/sicken")
    sick = when(platform, lambda workload: workload.ready == 0)
    assert "answered 503" in sick.replicas[0].reason
    with pytest.raises(urllib.error.HTTPError, match="503"):
        get(platform)
    healed = when(platform, complete)
    assert healed.replicas[0].last_exit is not None
    assert healed.replicas[0].last_exit.reason == "NotReady"


def test_a_replica_above_its_memory_limit_is_ended_with_the_reason(make: Make) -> None:
    platform = make(replicas=1, memory_limit="60M")
    platform.start()
    when(platform, complete)
    get(platform, "/grow")
    healed = when(platform, lambda workload: workload.replicas[0].restarts == 1 and complete(workload))
    assert healed.replicas[0].last_exit is not None
    assert healed.replicas[0].last_exit.reason == "OOMKilled"
    assert any(event.reason == "OOMKilled" and "60 MiB" in event.message for event in platform.events(SHOP))


def test_a_version_that_never_gets_ready_fails_its_rollout(make: Make) -> None:
    platform = make(ready_timeout="2s")
    platform.start()
    when(platform, complete)
    platform.set_version(SHOP, "never-1", by="me")
    stuck = when(platform, lambda workload: workload.phase is RolloutPhase.FAILED)
    assert stuck.ready == 2
    assert "503" in stuck.message


def test_a_command_that_does_not_exist_is_said_so(make: Make) -> None:
    platform = make(command=["/no/such/program"])
    platform.start()
    stuck = when(platform, lambda workload: workload.phase is RolloutPhase.FAILED)
    assert "/no/such/program cannot be started" in stuck.message
    assert stuck.replicas[0].state is ReplicaState.CRASH_LOOP


def test_a_taken_port_is_named_with_its_holder_and_taken_when_free(make: Make) -> None:
    platform = make()
    port = int(platform._services[SHOP].port or 0)
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", port))
        holder.listen()
        platform.start()
        told = when(platform, lambda workload: "taken" in workload.message)
        assert f"Port {port} is taken by pid {os.getpid()}." in told.message
    eventually(lambda: "taken" not in platform.workload(SHOP).message)
    when(platform, complete)
    assert get(platform) == "1.0.0"


def test_other_settings_make_a_new_revision(make: Make) -> None:
    first = make()
    first.start()
    when(first, complete)
    second = make(environment={"GREETING": "good day"})
    second.start()
    when(second, lambda workload: complete(workload) and workload.revision == 2)
    assert get(second, "/env") == "good day"
    assert second.revisions(SHOP)[0].changes == ("environment GREETING",)


def test_a_version_set_by_hand_survives_a_restart_of_everything(make: Make) -> None:
    platform = make()
    platform.start()
    when(platform, complete)
    platform.set_version(SHOP, "2.0.0", by="me")
    when(platform, lambda workload: complete(workload) and workload.version == "2.0.0")
    platform.stop()
    again = make()
    again.start()
    assert when(again, complete).version == "2.0.0"


def test_stop_leaves_no_process(make: Make, tmp_path: Path) -> None:
    platform = make()
    platform.start()
    when(platform, complete)
    assert left_over(tmp_path / "local")
    platform.stop()
    assert not platform.is_running()
    assert not left_over(tmp_path / "local")


def test_services_that_are_kept_go_on_after_stop(make: Make, tmp_path: Path) -> None:
    platform = make(on_exit="keep")
    platform.start()
    pids = {replica.pid for replica in when(platform, complete).replicas}
    platform.stop()
    assert {replica.pid for replica in platform.workload(SHOP).replicas} == pids


def test_a_new_supervisor_adopts_what_the_killed_one_left(platform: LocalPlatform, tmp_path: Path) -> None:
    before = when(platform, complete)
    kill_supervisor(tmp_path / "local")
    with pytest.raises(errors.CannotTellError):
        platform.workload(SHOP)
    platform.start()
    after = when(platform, complete)
    assert {replica.pid for replica in after.replicas} == {replica.pid for replica in before.replicas}
    victim = after.replicas[0]
    assert victim.pid is not None
    os.kill(victim.pid, signal.SIGKILL)
    when(platform, lambda workload: workload.ready == 1)
    healed = when(platform, complete)
    same = next(replica for replica in healed.replicas if replica.name == victim.name)
    assert same.last_exit is not None
    assert same.last_exit.exit_code is None  # it was not our child: nobody can know


@pytest.mark.parametrize("seed", range(4))
def test_a_supervisor_killed_at_any_moment_leaves_a_consistent_state(make: Make, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    platform = make()
    for version in ("1.0.0", "2.0.0", "1.0.0"):
        platform.start()
        platform.set_version(SHOP, version, by="me")
        time.sleep(chance.uniform(0, 1.0))
        if platform.is_running():
            kill_supervisor(tmp_path / "local")
    platform.start()
    final = when(platform, lambda workload: complete(workload) and workload.version == "1.0.0")
    known = {replica.pid for replica in final.replicas}
    leaders = {found[0].pid for found in left_over(tmp_path / "local").values()}
    assert leaders == known
    platform.stop()
    assert not left_over(tmp_path / "local")


def test_a_damaged_status_file_is_cannot_tell_and_heals(platform: LocalPlatform, tmp_path: Path) -> None:
    when(platform, complete)
    kill_supervisor(tmp_path / "local")
    status = tmp_path / "local" / "services" / "shop" / "status.json"
    status.write_bytes(b"\0" * 100)
    platform.start()
    when_healed = eventually(lambda: _complete_or_none(platform))
    assert when_healed.ready == 2
    assert len(left_over(tmp_path / "local")) == 2


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_full_disk_does_not_end_the_supervisor(make: Make, tmp_path: Path) -> None:
    folder = tmp_path / "local"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], check=True)
    try:
        platform = make()
        platform.start()
        when(platform, complete)
        pid = int((folder / "supervisor.lock").read_text())
        with contextlib.suppress(OSError), (folder / "filler").open("wb") as file:
            while True:
                file.write(b"x" * 4096)
        victim = psutil.Process(pid)
        for _ in range(12):  # longer than it once took to die of it
            time.sleep(1)
            assert victim.is_running()
        (folder / "filler").unlink()
        when(platform, complete)
        assert int((folder / "supervisor.lock").read_text()) == pid
        platform.stop()
        assert not left_over(folder)
    finally:
        make().stop_supervisor()
        subprocess.run(["umount", "-l", str(folder)], check=True)


def _complete_or_none(platform: LocalPlatform) -> object:
    try:
        workload = platform.workload(SHOP)
    except errors.CannotTellError:
        return None
    return workload if complete(workload) else None


class TestProxy:
    def test_bodies_pass_whole_in_both_framings(self, platform: LocalPlatform) -> None:
        port = int(when(platform, complete).address.rsplit(":", 1)[1])
        body = os.urandom(300_000)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("POST", "/", body=body)
        assert connection.getresponse().read() == body
        connection.request("POST", "/", body=iter([body[:1000], body[1000:]]), encode_chunked=True)
        assert connection.getresponse().read() == body
        connection.close()

    def test_the_replica_learns_who_asked(self, platform: LocalPlatform) -> None:
        when(platform, complete)
        seen = get(platform, "/headers").lower()
        assert "'x-forwarded-for': '127.0.0.1'" in seen
        assert "x-forwarded-host" in seen

    def test_requests_go_round(self, platform: LocalPlatform) -> None:
        when(platform, complete)
        for _ in range(10):
            get(platform, "/round")
        chunks = list(platform.logs(LogRequest(SHOP)))
        assert {chunk.replica for chunk in chunks if b"/round" in chunk.data} == {
            replica.name for replica in platform.workload(SHOP).replicas
        }

    @pytest.mark.parametrize(
        ("sent", "answer"),
        [
            (b"nonsense\r\n\r\n", b"400"),
            (b"GET / HTTP/1.1\r\n\r\n", b"400"),
            (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 80_000 + b"\r\n\r\n", b"431"),
            (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", b"400"),
            (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -3\r\n\r\n", b"400"),
        ],
    )
    def test_hostile_requests_are_refused(self, platform: LocalPlatform, sent: bytes, answer: bytes) -> None:
        port = int(when(platform, complete).address.rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(sent)
            assert answer in connection.recv(1000)
        assert get(platform) == "1.0.0"

    def test_a_replica_that_dies_in_the_middle_is_a_bad_gateway(self, make: Make) -> None:
        platform = make(replicas=1)
        platform.start()
        victim = when(platform, complete).replicas[0]
        assert victim.pid is not None
        outcome: list[int] = []

        def ask() -> None:
            try:
                get(platform, "/slow")
            except urllib.error.HTTPError as error:
                outcome.append(error.code)

        asker = threading.Thread(target=ask)
        asker.start()
        time.sleep(0.3)
        psutil.Process(victim.pid).kill()
        asker.join()
        assert outcome == [502]
