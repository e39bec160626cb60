"""Release 1.4.0: takes payments. Its configuration needs an address that nobody has set."""

import os
import sys

from bookshop import server

if __name__ == "__main__":
    if not os.environ.get("PAYMENT_URL"):
        sys.exit("ConfigurationError: PAYMENT_URL is not set")
    server.serve("1.4.0")
