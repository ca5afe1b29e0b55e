"""The steps of a run. Each works on one day in one transaction of the warehouse, so it can fail
at any point, and run again.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection, Engine

from pipeline.sales import total

SCHEMA = Path(__file__).with_name("schema.sql").read_text()
BATCH = 5_000  # rows in memory at once

ORDERS = text("""
    SELECT id, product, quantity, amount_cents FROM orders
    WHERE ordered_at >= :start AND ordered_at < :end
""")
FORGET = text("DELETE FROM staged_orders WHERE day = :day")
STAGE = text("""
    INSERT INTO staged_orders (day, id, product, quantity, amount_cents)
    VALUES (:day, :id, :product, :quantity, :amount_cents)
""")
STAGED = text("""
    SELECT id, product, quantity, amount_cents FROM staged_orders WHERE day = :day
""")
UPSERT = text("""
    INSERT INTO daily_sales (id, day, product, orders, quantity, revenue_cents)
    VALUES (:id, :day, :product, :orders, :quantity, :revenue_cents)
    ON CONFLICT (id) DO UPDATE SET
        orders = excluded.orders,
        quantity = excluded.quantity,
        revenue_cents = excluded.revenue_cents
""")
CLEAN = text("""
    DELETE FROM daily_sales AS sold WHERE day = :day AND NOT EXISTS (
        SELECT FROM staged_orders AS staged
        WHERE staged.day = sold.day AND staged.product = sold.product
    )
""")


def extract(source: Engine, warehouse: Engine, day: date) -> None:
    """Copies the day's orders into `staged_orders`, in place of those that were there."""
    start = datetime.combine(day, datetime.min.time(), UTC)
    period = {"start": start, "end": start + timedelta(days=1)}
    with source.connect() as reading, warehouse.begin() as writing:
        writing.execute(text(SCHEMA))
        writing.execute(FORGET, {"day": day})
        for rows in batches(reading, ORDERS, period):
            writing.execute(STAGE, [{**row, "day": day} for row in rows])


def staged(warehouse: Engine, day: date) -> list[Mapping[str, Any]]:
    """The day's orders as `extract` left them."""
    with warehouse.connect() as reading:
        return [row for rows in batches(reading, STAGED, {"day": day}) for row in rows]


def load(warehouse: Engine, day: date) -> None:
    """Brings the day's rows of `daily_sales` into line with `staged_orders`."""
    with warehouse.begin() as writing:
        rows = [row for batch in batches(writing, STAGED, {"day": day}) for row in batch]
        sales = [sale._asdict() for sale in total(day, rows)]
        if sales:
            writing.execute(UPSERT, sales)
        writing.execute(CLEAN, {"day": day})


def batches(connection: Connection, query, params) -> Iterator[list[dict[str, Any]]]:
    result = connection.execute(query.execution_options(stream_results=True), params)
    for rows in result.mappings().partitions(BATCH):
        yield [dict(row) for row in rows]
