"""The NAB series of the TSB-AD benchmark, and what it publishes of them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tsadbook.datasets import files
from tsadbook.datasets.errors import DataUnavailable

# The NAB series of TSB-AD, where it is certain which they are (by length and first labelled row).
# TSB-AD leaves out the first row of each.
SERIES = (
    "realKnownCause/ec2_request_latency_system_failure",
    "realTraffic/occupancy_6005",
    "realKnownCause/nyc_taxi",
    "artificialWithAnomaly/art_load_balancer_spikes",
    "realTraffic/TravelTime_451",
    "realAWSCloudwatch/ec2_cpu_utilization_825cc2",
    "realTraffic/speed_t4013",
    "realAdExchange/exchange-3_cpm_results",
    "realKnownCause/ambient_temperature_system_failure",
    "artificialWithAnomaly/art_increase_spike_density",
    "realKnownCause/rogue_agent_key_hold",
    "realAWSCloudwatch/ec2_cpu_utilization_5f5533",
    "artificialWithAnomaly/art_daily_flatmiddle",
    "realAWSCloudwatch/rds_cpu_utilization_cc0c53",
    "realKnownCause/cpu_utilization_asg_misconfiguration",
    "realTweets/Twitter_volume_FB",
    "realTraffic/speed_6005",
    "realAWSCloudwatch/ec2_cpu_utilization_24ae8d",
)


def published_vus_pr() -> dict:
    """What TSB-AD publishes of the series `SERIES`.

    Returns
    -------
    dict with source, methods (the mean VUS-PR of each) and labelled_rows, of each series.
    """
    path = (files.folder() or Path()) / "tsb-ad" / "nab_vus_pr.csv"
    if not path.is_file():
        raise DataUnavailable(
            "TSB-AD's table of VUS-PR: put tsb-ad/nab_vus_pr.csv into the folder that "
            "TSADBOOK_DATA names"
        )
    table = pd.read_csv(path).set_index("nab_file").loc[[f"{name}.csv" for name in SERIES]]
    methods = table.columns[1 : table.columns.get_loc("ts_len")]
    return {
        "source": "TheDatumOrg/TSB-AD, benchmark_exp/benchmark_eval_results/"
        "uni_mergedTable_VUS-PR.csv at commit 87630099ea8d0dafe89a957e31ed9720e88479eb, means over "
        "18 rows; Apache-2.0, Qinghua Liu, John Paparrizos",
        "methods": table[methods].mean().to_dict(),
        "labelled_rows": dict(zip(SERIES, table["anomaly_len"].tolist(), strict=True)),
    }
