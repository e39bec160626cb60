"""Compiles the log kernel when the package is built or installed from source.

With the C compiler of the machine (`CC`, or `cc`) where there is one; otherwise with the one inside the `ziglang`
wheel, which the build then asks for: a user needs no compiler, only the package index.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

KERNEL = Path("src/accelerapp/logs/kernel")


class KernelBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """See the text of the file."""

    def dependencies(self) -> list[str]:
        """What the build needs beside hatchling."""
        return [] if _system_compiler() else ["ziglang>=0.13"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and put the result into the wheel."""
        folder = Path(self.root) / KERNEL
        target = folder / ("_kernel.dll" if sys.platform == "win32" else "_kernel.so")
        compiler = _system_compiler() or [sys.executable, "-m", "ziglang", "cc"]
        sources = sorted(str(path) for path in folder.glob("*.c"))
        flags = ["-std=gnu11", "-O3", "-fPIC", "-shared", "-fvisibility=hidden"]
        fresh = target.with_name(f".{os.getpid()}.so")
        command = [*compiler, *flags, "-o", str(fresh), *sources, "-lm"]
        # The files as one are 8 % quicker; a compiler without its linker's help cannot do that.
        if subprocess.run([*command, "-flto"], check=False, capture_output=True).returncode:
            subprocess.run(command, check=True)
        fresh.replace(target)  # whoever has the old one mapped keeps it
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{_platform()}"
        build_data["artifacts"].append(str(KERNEL / target.name))


def _system_compiler() -> list[str]:
    named = os.environ.get("CC", "cc").split()
    return named if named and shutil.which(named[0]) else []


def _platform() -> str:
    from packaging import tags  # comes with hatchling

    return next(iter(tags.platform_tags()))
