"""The example for Apache Spark on a cluster of its own: one master and two workers on this machine.

Without PySpark it is skipped; with MAM_SPARK=required it fails then.
"""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from mam_policy import Table

from test_mam_policy import POLICIES, request, rows

if os.environ.get("MAM_SPARK") != "required":
    pytest.importorskip("pyspark")

EXAMPLES = Path(__file__).parents[1] / "examples"
ROWS = 6000


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_for(log, text, count=1, seconds=90):
    for _ in range(seconds * 2):
        if log.exists() and log.read_text().count(text) >= count:
            return
        time.sleep(0.5)
    raise TimeoutError(f"{text!r} is not in {log}: {log.read_text() if log.exists() else 'no log'}")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    import pyspark

    folder = tmp_path_factory.mktemp("spark")
    home = Path(pyspark.__file__).parent
    port, processes = free_port(), []
    environment = os.environ | {
        "SPARK_HOME": str(home),
        "SPARK_WORKER_DIR": str(folder / "work"),
        "SPARK_DAEMON_MEMORY": "256m",
        "PYSPARK_PYTHON": sys.executable,
    }

    def start(name, *arguments):
        log = (folder / f"{name}.log").open("w")
        command = [home / "bin" / "spark-class", *arguments]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        processes.append(process)

    master = f"spark://127.0.0.1:{port}"
    package = "org.apache.spark.deploy"
    start("master", f"{package}.master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", str(free_port()))
    try:
        wait_for(folder / "master.log", "New state: ALIVE")
        for worker in range(2):
            options = ["--host", "127.0.0.1", "--cores", "1", "--memory", "1g", "--webui-port", str(free_port())]
            start(f"worker{worker}", f"{package}.worker.Worker", *options, master)
        wait_for(folder / "master.log", "Registering worker", count=2)
        yield master
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            process.wait(timeout=30)


@pytest.fixture(scope="module")
def spark(cluster):
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master(cluster).appName("mam")
    for name, value in {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.executor.memory": "512m",
        "spark.executor.cores": "1",
        "spark.ui.enabled": "false",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "1000",
    }.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


def test_a_cluster_decides_as_one_program(spark, tmp_path):
    sys.path.insert(0, str(EXAMPLES))
    import spark_movements

    # Workers get the function by value: the example is no installed module.
    from pyspark import cloudpickle

    cloudpickle.register_pickle_by_value(spark_movements)
    several = [row | {"id": at} for at, row in enumerate(rows() * (ROWS // 120))]
    several[7]["source"] = "note"
    parquet.write_table(pa.Table.from_pylist(several), tmp_path / "movements.parquet", row_group_size=500)
    table = Table.compile(POLICIES)
    movements = spark.read.parquet(str(tmp_path / "movements.parquet")).repartition(4)
    found = spark_movements.decide(movements, table.to_bytes(), ["id"]).collect()
    assert len(found) == ROWS
    known = {}
    for answer in found:
        row = several[answer["id"]]
        if answer["id"] == 7:
            assert answer["effect"] is None and "unknown app" in answer["error"]
            continue
        key = json.dumps(request(row))
        if key not in known:
            known[key] = table.decide(request(row))
        should = known[key]
        assert answer["effect"] == should["effect"]
        assert answer["reason"] == should["reason"]
        assert answer["characters"] == should["limits"].get("characters")
        assert json.loads(answer["by"]) == should["by"]
    tracker = spark.sparkContext._jsc.sc().statusTracker().getExecutorInfos()
    assert len(tracker) >= 3, "the driver and two workers"
