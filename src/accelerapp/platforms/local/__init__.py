"""The local platform: services as processes on this machine.

Everything between the supervisor and whoever asks goes through files in one folder: clients write what they want
(`desired.json`), the supervisor writes what is (`status.json`) and what happened (`events.jsonl`).
"""
