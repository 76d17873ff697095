"""Runs the DAG once against a service: with Airflow's own runner where Airflow 3 is installed, else with a stand-in that
calls the tasks in their order. The service comes from AIRFLOW_CONN_DEFENDER_CAR, as for Airflow itself.

    python3 try_dag.py [incremental|initial] [RELEASE]

RELEASE, 3.2 where nothing is said, is that of the Airflow that the stand-in stands for; an installed one knows its own.
Ends with 0 where the run succeeded, and with 1 and the reason where it did not.
"""

import importlib.util
import json
import os
import pathlib
import shutil
import sys
import tempfile
import time
import types

HERE = pathlib.Path(__file__).resolve().parent
DEADLINE_SECONDS = 120


def load(folder=HERE):
    specification = importlib.util.spec_from_file_location("defender_car", folder / "defender_car.py")
    module = importlib.util.module_from_spec(specification)
    sys.modules["defender_car"] = module
    specification.loader.exec_module(module)
    return module


def with_airflow(kind):
    os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="airflow-"))
    os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
    # A folder with the DAG alone: Airflow looks through the folder and would run this file, too.
    folder = pathlib.Path(tempfile.mkdtemp(prefix="dags-"))
    shutil.copy(HERE / "defender_car.py", folder)
    os.environ["AIRFLOW__CORE__DAGS_FOLDER"] = str(folder)
    import subprocess
    subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], check=True, stdout=subprocess.DEVNULL)
    dag = load(folder).defender_car()
    run = dag.test(run_conf={"kind": kind})
    print(f"DAG run: {run.state}")
    return str(run.state).endswith("success")


class StandIn:
    """As much of airflow.sdk as the DAG uses: tasks run where they are called."""

    class Failed(Exception):
        pass

    class Connection:
        @staticmethod
        def get(name):
            given = json.loads(os.environ[f"AIRFLOW_CONN_{name.upper()}"])
            names = ("schema", "host", "port", "password")
            return types.SimpleNamespace(**{key: given.get(key) for key in names})

    class PokeReturnValue:
        def __init__(self, is_done, xcom_value=None):
            self.is_done, self.xcom_value = is_done, xcom_value

    def __init__(self, kind, release):
        self.kind = kind
        names = ("airflow", "airflow.exceptions", "airflow.sdk", "airflow.sdk.exceptions")
        modules = {name: types.ModuleType(name) for name in names}
        sdk = modules["airflow.sdk"]
        # All releases have both modules, with the exceptions that a DAG needs in one of them.
        exceptions = modules["airflow.exceptions" if release in ("3.0", "3.1") else "airflow.sdk.exceptions"]
        sdk.Connection, sdk.PokeReturnValue = self.Connection, self.PokeReturnValue
        sdk.Param = lambda default, **schema: default
        sdk.dag, sdk.task = self.dag, self.task
        self.task.__func__.sensor = self.sensor
        exceptions.AirflowException = type("AirflowException", (StandIn.Failed,), {})
        exceptions.AirflowFailException = type("AirflowFailException", (StandIn.Failed,), {})
        sys.modules.update(modules)

    def dag(self, params, **_):
        self.params = {**params, "kind": self.kind}
        return lambda function: function

    def task(self, function):
        def called(*arguments):
            wants = function.__code__.co_varnames[:function.__code__.co_argcount]
            return function(**{"params": self.params}) if wants == ("params",) else function(*arguments)
        return called

    def sensor(self, poke_interval, timeout, mode):
        def decorated(function):
            def called(*arguments):
                end = time.monotonic() + min(timeout, DEADLINE_SECONDS)
                while time.monotonic() < end:
                    value = function(*arguments)
                    if value.is_done:
                        return value.xcom_value
                    time.sleep(min(poke_interval, 0.2))
                raise StandIn.Failed(f"not done within {DEADLINE_SECONDS} s")
            return called
        return decorated


def main():
    kind = sys.argv[1] if len(sys.argv) > 1 else "incremental"
    if importlib.util.find_spec("airflow") is not None:
        sys.exit(0 if with_airflow(kind) else 1)
    StandIn(kind, sys.argv[2] if len(sys.argv) > 2 else "3.2")
    try:
        load()
    except StandIn.Failed as failure:
        sys.exit(f"{type(failure).__name__}: {failure}")


main()
