"""Two servers that speak S3's API and differ: moto's, and rclone's over a folder. Both are real processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from tests.ports import free_port

KEY, SECRET = "AKIDEXAMPLE123456789", "a-secret-for-tests"


@dataclass(frozen=True)
class Store:
    """A running server."""

    url: str
    folder: Path | None
    """Where rclone keeps its buckets."""

    def environment(self) -> dict[str, str]:
        """The standard variables that lead to it."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
        }

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """Store an object; the bucket is made."""
        if self.folder is not None:
            path = self.folder / bucket / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
            return
        import boto3

        client = boto3.client(
            "s3",
            endpoint_url=self.url,
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
            region_name="us-east-1",
        )
        client.create_bucket(Bucket=bucket)
        client.put_object(Bucket=bucket, Key=key, Body=body)


@contextmanager
def running(kind: str, folder: Path) -> Iterator[Store]:
    """`moto` or `rclone`, until the block ends."""
    port = free_port()
    if kind == "moto":
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    else:
        program = shutil.which("rclone") or str(Path(sys.executable).with_name("rclone"))
        command = [program, "serve", "s3", "--addr", f"127.0.0.1:{port}", "--auth-key", f"{KEY},{SECRET}", "."]
        command += ["--config", os.devnull, "--vfs-cache-mode", "off", "--dir-cache-time", "0s"]
    with (folder / f"{kind}.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
        try:
            _wait(f"http://127.0.0.1:{port}/", server, folder / f"{kind}.log")
            yield Store(f"http://127.0.0.1:{port}", folder if kind == "rclone" else None)
        finally:
            server.terminate()
            server.wait(30)


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            httpx.get(url, timeout=5)
            return
        except httpx.HTTPError:
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.05)
