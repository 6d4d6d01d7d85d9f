"""What a step needs of a machine, said once for every engine."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

GPU_POOL = "gpu"


def one_gpu() -> Mapping[str, Any]:
    """Tags that ask for one GPU:

    Read by Kubernetes and by Ray, ignored by the local engine (the pool limits there).
    """
    return {
        "wetplate/hardware": "gpu",
        "dagster-k8s/config": {
            "container_config": {"resources": {"limits": {"nvidia.com/gpu": "1"}}},
            "pod_spec_config": {
                "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]
            },
        },
        "dagster-ray/config": {"num_gpus": 1, "num_cpus": 1},
    }


def again() -> dg.RetryPolicy:
    """Try a step three times, waiting longer each time; every stage is safe to run again."""
    return dg.RetryPolicy(max_retries=2, delay=1, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)
