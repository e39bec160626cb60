"""Lays out what an image adds to Debian with `python3`, for whoever makes images without Docker.

    python deploy/kubernetes/image.py FOLDER      fill FOLDER, and print the image's configuration (OCI, JSON)

The wheel is built from the source and installed with what it needs, for the Python of Debian 12. uv does both.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCE = Path(__file__).parents[2]
PLACE = "/opt/accelerapp"
PYTHON = "3.11"
PLATFORM = "x86_64-manylinux_2_36"
CONFIG = {
    "Env": [
        f"PATH={PLACE}/bin:/usr/local/bin:/usr/bin:/bin",
        f"PYTHONPATH={PLACE}/lib",
        "PYTHONUNBUFFERED=1",
        "PYTHONDONTWRITEBYTECODE=1",
        "ACCELERAPP_DATA__FOLDER=/var/lib/accelerapp",
    ],
    "Cmd": ["accelerapp", "up", "--host", "0.0.0.0"],  # noqa: S104 - a container's own address
    "User": "10001:10001",
    "WorkingDir": "/var/lib/accelerapp",
    "ExposedPorts": {"8000/tcp": {}},
}
_COMMAND = """\
#!/usr/bin/python3
from accelerapp.cli.main import main

main()
"""


def build(wheels: Path) -> tuple[str, ...]:
    """The command that makes the wheel."""
    return ("uv", "build", "-q", "--wheel", "--out-dir", str(wheels), str(SOURCE))


def install(wheel: Path, libraries: Path) -> tuple[str, ...]:
    """The command that installs it with what it needs, in the versions of the lock file."""
    how = ("--compile-bytecode", "--only-binary", ":all:", "--constraints", str(SOURCE / "requirements" / "run.lock"))
    target = ("--target", str(libraries), "--python-version", PYTHON, "--python-platform", PLATFORM)
    return ("uv", "pip", "install", "-q", *how, *target, str(wheel))


def fill(folder: Path) -> None:
    """The files of the image, below `folder`."""
    place = folder / PLACE.lstrip("/")
    with tempfile.TemporaryDirectory() as wheels:
        subprocess.run(build(Path(wheels)), check=True)
        (wheel,) = Path(wheels).glob("*.whl")
        subprocess.run(install(wheel, place / "lib"), check=True)
    programs = place / "bin"
    programs.mkdir(parents=True)
    (programs / "python").symlink_to("/usr/bin/python3")
    (programs / "accelerapp").write_text(_COMMAND, "utf-8")
    (programs / "accelerapp").chmod(0o755)
    (folder / "var" / "lib" / "accelerapp").mkdir(parents=True)


if __name__ == "__main__":
    fill(Path(sys.argv[1]))
    print(json.dumps(CONFIG))
