"""The DAG as Airflow sees it."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag

import daily_sales
from pipeline import settings


@pytest.fixture(scope="module")
def dag():
    folder = Path(__file__).parents[1] / "dags"
    bag = DagBag(dag_folder=folder, include_examples=False)
    assert bag.import_errors == {}
    assert set(bag.dags) == {settings.NAME}
    return bag.dags[settings.NAME]


def test_it_extracts_checks_and_loads(dag):
    assert {task.task_id: task.downstream_task_ids for task in dag.tasks} == {
        "extract": {"check"},
        "check": {"load"},
        "load": set(),
    }


def test_missed_days_are_caught_up_with(dag):
    assert dag.catchup
    assert dag.max_active_runs == 1
    assert dag.start_date == datetime.combine(settings.FIRST_DAY, datetime.min.time(), UTC)


def test_every_task_is_tried_again_and_ends(dag):
    for task in dag.tasks:
        assert task.retries == 3, task.task_id
        assert task.execution_timeout <= timedelta(hours=1), task.task_id


def test_lineage_leads_from_the_orders_to_the_sales(dag):
    def flow(task_id):
        task = dag.get_task(task_id)
        return [[data.name.split(".")[-1] for data in ends] for ends in (task.inlets, task.outlets)]

    assert flow("extract") == [["orders"], ["staged_orders"]]
    assert flow("check") == [["staged_orders"], []]
    assert flow("load") == [["staged_orders"], ["daily_sales", f"{settings.NAME}-daily-sales"]]


@pytest.mark.parametrize(
    ("by_hand", "day"), [(None, date(2026, 1, 31)), ("2026-02-01", date(2026, 2, 1))]
)
def test_the_day_is_the_intervals_or_the_one_that_is_asked_for(monkeypatch, by_hand, day):
    context = {"params": {"day": by_hand}, "data_interval_start": datetime(2026, 1, 31, tzinfo=UTC)}
    monkeypatch.setattr(daily_sales, "get_current_context", lambda: context)
    assert daily_sales.day_of_run() == day
