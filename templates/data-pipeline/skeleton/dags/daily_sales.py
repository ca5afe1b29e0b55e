"""What was sold on each day: the shop's orders in, the table `daily_sales` out.

A run works on one whole day in UTC and leaves the same rows however often it runs, so days
that were missed are caught up with, and any day can be run again. To load a day by hand,
trigger the DAG with `day`.
"""

from datetime import UTC, date, datetime, timedelta

from airflow.providers.postgres.hooks.postgres import PostgresHook
from airflow.sdk import (
    Asset,
    CronDataIntervalTimetable,
    Param,
    dag,
    get_current_context,
    task,
)
from airflow.sdk.exceptions import AirflowFailException
from openlineage.client.event_v2 import Dataset

from pipeline import quality, settings, steps


def table(database: str, name: str) -> Dataset:
    """A table as OpenLineage names those of PostgreSQL."""
    host, _, catalog = database.partition("/")
    return Dataset(namespace=f"postgres://{host}:5432", name=f"{catalog}.public.{name}")


# Lineage: what tasks read (inlets) and write (outlets).
ORDERS = table(settings.SOURCE, "orders")
STAGED = table(settings.WAREHOUSE, "staged_orders")
SALES = table(settings.WAREHOUSE, "daily_sales")
# What other DAGs can be scheduled on; the catalog calls it the same.
SALES_LOADED = Asset(
    f"{settings.NAME}-daily-sales", uri=f"postgres://{settings.WAREHOUSE}/public/daily_sales"
)


def database(connection: str):
    return PostgresHook(postgres_conn_id=connection).get_sqlalchemy_engine()


def day_of_run() -> date:
    context = get_current_context()
    by_hand = context["params"]["day"]
    return date.fromisoformat(by_hand) if by_hand else context["data_interval_start"].date()


@dag(
    dag_id=settings.NAME,
    schedule=CronDataIntervalTimetable("@daily", timezone="UTC"),
    start_date=datetime.combine(settings.FIRST_DAY, datetime.min.time(), UTC),
    catchup=True,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=6),
    default_args={
        "owner": settings.OWNER,
        "retries": 3,
        "retry_delay": timedelta(minutes=5),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(hours=1),
        "execution_timeout": timedelta(hours=1),
    },
    params={"day": Param(None, type=["null", "string"], format="date")},
    tags=settings.TAGS,
    doc_md=__doc__,
)
def daily_sales():
    @task(inlets=[ORDERS], outlets=[STAGED])
    def extract():
        steps.extract(database("source"), database("warehouse"), day_of_run())

    @task(inlets=[STAGED])
    def check():
        try:
            quality.check(steps.staged(database("warehouse"), day_of_run()))
        except quality.BadData as bad:
            raise AirflowFailException(str(bad)) from bad  # trying again would not help

    @task(inlets=[STAGED], outlets=[SALES, SALES_LOADED])
    def load():
        steps.load(database("warehouse"), day_of_run())

    extract() >> check() >> load()


daily_sales()
