"""The series that the chapters run on, found before any chapter is executed."""

from __future__ import annotations

import os

from tsadbook import datasets

SERIES = (
    "sp500",
    "realKnownCause/machine_temperature_system_failure",
    "realKnownCause/ec2_request_latency_system_failure",
    "realAWSCloudwatch/ec2_cpu_utilization_5f5533",
    "artificialNoAnomaly/art_daily_small_noise",
    "artificialWithAnomaly/art_daily_flatmiddle",
    "artificialWithAnomaly/art_daily_jumpsdown",
    "artificialWithAnomaly/art_daily_jumpsup",
    "artificialWithAnomaly/art_daily_nojump",
    "artificialWithAnomaly/art_increase_spike_density",
    "artificialWithAnomaly/art_load_balancer_spikes",
)


def find() -> dict[str, str]:
    """Find or download every series; return its hash, or "stand-in".

    Where one cannot be had, stand-ins are allowed from here on, kernels included, and a notice says
    so. What is at hand is always used.
    """
    nab = [name for name in SERIES if "/" in name]
    missing = []
    for upstream in (["sp500"], nab):
        try:
            for name in upstream:
                datasets.load(name)
        except datasets.DataUnavailable as error:  # its other files are not to be had either
            missing.append(str(error))
    if missing:
        print("*** Some data could not be had; the book goes on with generated stand-ins:")
        print("".join(f"*** {reason}\n" for reason in missing), flush=True)
        os.environ["TSADBOOK_STAND_IN"] = "1"
    return {name: datasets.load(name).sha256 or "stand-in" for name in SERIES}
