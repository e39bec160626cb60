#!/usr/bin/env python3
"""The daily log review: the last 24 hours of the default service, or of the service that is named."""

import sys

from accelerapp.monitoring import LogAnalyzer

analyzer = LogAnalyzer(service=sys.argv[1] if len(sys.argv) > 1 else None)

# Analyze logs from last 24 hours
results = analyzer.analyze_logs(hours=24)

print("Log Analysis Summary:")
print(f"  Total Errors: {results['error_count']}")
print(f"  Total Warnings: {results['warning_count']}")
print(f"  Critical Issues: {results['critical_count']}")

# Show top errors
print("\nTop 5 Errors:")
for i, error in enumerate(results["top_errors"][:5], 1):
    print(f"  {i}. {error['message']} (count: {error['count']})")

# Show anomalies
if results["anomalies"]:
    print("\nAnomalies Detected:")
    for anomaly in results["anomalies"]:
        print(f"  - {anomaly['description']}")

# What could not be read is part of the result
for unread in results["unread"]:
    print(f"\nNot read: {unread['source']}: {unread['reason']}")
