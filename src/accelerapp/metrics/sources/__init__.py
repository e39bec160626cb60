"""Where measured values come from: a Prometheus, or what this product scrapes itself."""
