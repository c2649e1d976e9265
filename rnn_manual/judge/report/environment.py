"""What a run was built on."""

from __future__ import annotations

import platform
from typing import Any

import numpy as np


def environment(device: str = "cpu") -> dict[str, Any]:
    """Versions, threads and switches that the numbers may depend on."""
    import torch  # here, so that a command can say what it is told without loading it

    backends: Any = torch.backends  # untyped
    found: dict[str, Any] = {
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "system": platform.system(),
        "device": device,
        "threads": torch.get_num_threads(),
        "onednn": backends.mkldnn.is_available() and torch._C._get_mkldnn_enabled(),
        "mkl": backends.mkl.is_available(),
    }
    # torch 1.13 has no torch.backends.cpu.
    capability = getattr(getattr(backends, "cpu", None), "get_cpu_capability", None)
    found["cpu_capability"] = capability() if capability else None
    if device.startswith("cuda"):
        found["gpu"] = torch.cuda.get_device_name(device)
    return found


def in_words(found: dict[str, Any]) -> str:
    """One line: `torch 2.13.0+cpu, 2 threads, oneDNN on, x86_64`."""
    threads = f"{found['threads']} thread{'s' * (found['threads'] != 1)}"
    onednn = f"oneDNN {'on' if found['onednn'] else 'off'}"
    device = [] if found["device"] == "cpu" else [found.get("gpu", found["device"])]
    return ", ".join([f"torch {found['torch']}", threads, onednn, found["machine"], *device])
