"""A tiny real service for the platform's tests: it answers with its version and obeys a few requests."""

import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

VERSION = os.environ.get("ACCELERAPP_VERSION", "?")
healthy = True
hoard: list[bytes] = []


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        global healthy
        status, body = 200, VERSION
        if self.path == "/health":
            status = 200 if healthy else 503
        elif self.path == "/sicken":
            healthy = False
        elif self.path == "/exit":
            threading.Timer(0.05, lambda: os._exit(7)).start()
        elif self.path == "/grow":
            hoard.append(bytes(os.urandom(1)) * 80_000_000)
        elif self.path == "/slow":
            time.sleep(1.0)
        elif self.path == "/env":
            body = os.environ.get("GREETING", "")
        elif self.path == "/child":
            subprocess.Popen(["sleep", "1000"])
            subprocess.Popen(["sleep", "1000"], start_new_session=True)
        elif self.path == "/headers":
            body = str(dict(self.headers))
        self._answer(status, body.encode())

    def do_POST(self) -> None:
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer(200, body)

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, form: str, *args: object) -> None:
        os.write(1, f"{VERSION} {self.path}\n".encode())  # one write: threads do not mix their lines


def main() -> None:
    if VERSION.startswith("crash"):
        print("Missing setting PAYMENT_URL", file=sys.stderr)
        sys.exit(3)
    if VERSION.startswith("late"):
        time.sleep(1.0)
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler)
    server.daemon_threads = False
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    if VERSION.startswith("stubborn"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if VERSION.startswith("never"):
        globals()["healthy"] = False
    server.serve_forever(poll_interval=0.02)
    server.server_close()


main()
