"""Answers of a cluster made into objects by several threads at once."""

import subprocess
import sys

# In a process of its own: what it guards against ends the process, and happens only while types are new to it.
PROGRAM = """
import sys
from concurrent.futures import ThreadPoolExecutor

import httpx2
from lightkube.core.generic_client import BasicRequest
from lightkube.resources import apps_v1, autoscaling_v2, batch_v1, core_v1, networking_v1, policy_v1

from accelerapp.clients.kubernetes import sending

KINDS = (
    core_v1.Pod, core_v1.Service, core_v1.Node, core_v1.Event, core_v1.ConfigMap, core_v1.PersistentVolumeClaim,
    apps_v1.Deployment, apps_v1.ReplicaSet, apps_v1.StatefulSet, apps_v1.DaemonSet, batch_v1.Job, batch_v1.CronJob,
    networking_v1.Ingress, networking_v1.NetworkPolicy, policy_v1.PodDisruptionBudget,
    autoscaling_v2.HorizontalPodAutoscaler,
)
sys.setswitchinterval(1e-6)
sender = object.__new__(sending.Sender)


def decode(kind):
    request = httpx2.Request("GET", "https://cluster/list")
    answer = httpx2.Response(200, json={"items": [{"metadata": {"name": "one"}}] * 3, "metadata": {}}, request=request)
    try:
        return len(sender.handle_response("list", answer, BasicRequest("GET", "/list", response_type=kind))[2])
    except Exception as error:  # a kind that wants more than a name: refused, which is an answer too
        return type(error).__name__


with ThreadPoolExecutor(8) as workers:
    print(len([*workers.map(decode, KINDS * 3)]))
"""


def test_kinds_that_are_new_to_the_process_are_decoded_by_many_threads_at_once() -> None:
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout.strip()) == (0, "48"), done.stderr[-2000:]
