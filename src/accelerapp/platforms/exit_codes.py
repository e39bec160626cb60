"""What exit codes of containers mean. Pure.

From 129 on a code is 128 and the number of the signal that ended the process; 125 to 127 are the shell's and the
container runtime's own (https://tldp.org/LDP/abs/html/exitcodes.html).
"""

from __future__ import annotations

_MEANINGS = {
    0: "it ended by itself and called that a success",
    1: "the program gave up with an error",
    2: "the program does not understand its arguments",
    125: "the container runtime could not run it",
    126: "the command exists but cannot be executed",
    127: "the command was not found in the image",
    128: "the container could not be started",
    130: "it was interrupted, SIGINT",
    132: "it ran an instruction that this processor does not know, SIGILL",
    134: "it aborted itself, SIGABRT",
    135: "it made a wrong access to memory, SIGBUS",
    137: "it was killed, SIGKILL",
    139: "it made a wrong access to memory, SIGSEGV",
    141: "it wrote to a pipe that nobody reads, SIGPIPE",
    143: "it was asked to end, SIGTERM",
}


def meaning(code: int) -> str:
    """`the program gave up with an error`; always something."""
    if code in _MEANINGS:
        return _MEANINGS[code]
    return f"signal {code - 128} ended it" if 128 < code < 160 else "the program's own code for what went wrong"
