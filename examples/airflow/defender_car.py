"""Runs defender-car from Apache Airflow 3: trigger, wait without holding a worker, log the reconciliation.

The Airflow connection ``defender_car`` says where the service is: schema and host and port, and the operator token as
its password. For example, in the environment of Airflow:

    AIRFLOW_CONN_DEFENDER_CAR='{"conn_type":"http","schema":"http","host":"defender-car","port":8080,"password":"TOKEN"}'

The DAG's parameters choose the kind of run and, where the service has several, the connection.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone

from airflow.sdk import Connection, Param, PokeReturnValue, dag, task

try:
    from airflow.sdk.exceptions import AirflowException, AirflowFailException
except ImportError:  # Airflow 3.0 and 3.1
    from airflow.exceptions import AirflowException, AirflowFailException


def call(method: str, path: str, body: dict | None = None, accept: str = "application/json") -> str:
    """The body of the service's answer. A refusal (4xx) fails the task for good, anything else lets it be tried again."""
    service = Connection.get("defender_car")
    port = f":{service.port}" if service.port else ""
    request = urllib.request.Request(
        f"{service.schema or 'http'}://{service.host}{port}{path}", method=method, headers={"Accept": accept})
    if service.password:
        request.add_unredirected_header("Authorization", f"Bearer {service.password}")
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        text = error.read(4096).decode(errors="replace")
        kind = AirflowFailException if error.code < 500 and error.code != 429 else AirflowException
        raise kind(f"{method} {path}: {error.code} {text}") from None


@dag(
    schedule="*/15 * * * *",
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 5, "retry_delay": timedelta(seconds=30)},
    params={
        "kind": Param("incremental", enum=["incremental", "initial"]),
        "connection": Param(None, type=["null", "string"]),
    },
    tags=["defender-car"],
    doc_md=__doc__,
)
def defender_car():
    @task
    def trigger(params: dict) -> str:
        # A request that is sent twice does no harm: a run that is still queued satisfies both.
        body = {"connection": params["connection"]} if params["connection"] else None
        return json.loads(call("POST", f"/v1/imports/{params['kind']}", body))["id"]

    # A day: a run may wait behind an initial import, which takes 6.5 hours for 10,000 machines at Microsoft's limits.
    @task.sensor(poke_interval=15, timeout=24 * 3600, mode="reschedule")
    def wait(job_id: str) -> PokeReturnValue:
        job = json.loads(call("GET", f"/v1/jobs/{job_id}"))
        if job["state"] == "failed":
            failure = job["failure"]
            # Asking again about a job that has ended changes nothing: the DAG's next run is the next try.
            raise AirflowFailException(f"job {job_id} failed with code {failure['code']}: {failure['message']}")
        if job["state"] == "cancelled":
            raise AirflowFailException(f"job {job_id} was cancelled")
        return PokeReturnValue(is_done=job["state"] == "succeeded", xcom_value=job_id)

    @task
    def report(job_id: str) -> None:
        print(call("GET", f"/v1/jobs/{job_id}/report", accept="text/markdown"))

    report(wait(trigger()))


defender_car()
