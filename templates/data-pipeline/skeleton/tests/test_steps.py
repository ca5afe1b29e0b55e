"""The steps on a real database: what a run leaves, and what a second one changes."""

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from pipeline import steps

INSERT = text("INSERT INTO orders VALUES (:id, :product, :quantity, :amount_cents, :at)")
SALES = text("""
    SELECT day, product, orders, quantity, revenue_cents FROM daily_sales ORDER BY day, product
""")

DAY = date(2026, 1, 31)
TEA = {"id": 1, "product": "tea", "quantity": 2, "amount_cents": 900, "at": "2026-01-31T00:00:00Z"}
MORE_TEA = {**TEA, "quantity": 3, "amount_cents": 1350}
KETTLE = {**TEA, "id": 2, "product": "kettle", "quantity": 1, "at": "2026-01-31T23:59:59Z"}
NAMELESS = {**KETTLE, "product": None}
NEXT_DAY = {**TEA, "id": 3, "at": "2026-02-01T00:00:00Z"}


def put(database, *orders):
    with database.begin() as connection:
        connection.execute(text("DELETE FROM orders"))
        connection.execute(INSERT, list(orders))


def run(database, day=DAY):
    steps.extract(database, database, day)
    steps.load(database, day)


def sales(database):
    with database.connect() as connection:
        return [(row[0].isoformat(), *row[1:]) for row in connection.execute(SALES)]


def test_a_run_takes_its_own_day(database):
    put(database, TEA, KETTLE, NEXT_DAY)
    run(database)
    assert sales(database) == [
        ("2026-01-31", "kettle", 1, 1, 900),
        ("2026-01-31", "tea", 1, 2, 900),
    ]


@pytest.mark.parametrize("batch", [1, 5_000])
def test_running_again_changes_nothing(database, monkeypatch, batch):
    monkeypatch.setattr(steps, "BATCH", batch)
    put(database, TEA, KETTLE, NEXT_DAY)
    run(database)
    first = sales(database)
    run(database)
    assert sales(database) == first
    assert len(steps.staged(database, DAY)) == 2


def test_running_again_follows_the_source(database):
    put(database, TEA, KETTLE, NEXT_DAY)
    run(database)
    run(database, date(2026, 2, 1))
    put(database, MORE_TEA, NEXT_DAY)
    run(database)
    assert sales(database) == [("2026-01-31", "tea", 1, 3, 1350), ("2026-02-01", "tea", 1, 2, 900)]


def test_a_day_that_is_empty_now_leaves_nothing(database):
    put(database, TEA)
    run(database)
    put(database, NEXT_DAY)
    run(database)
    assert sales(database) == []


def test_a_run_that_fails_leaves_what_was_there(database):
    put(database, TEA)
    run(database)
    put(database, MORE_TEA, NAMELESS)
    steps.extract(database, database, DAY)
    with pytest.raises(IntegrityError):
        steps.load(database, DAY)
    assert sales(database) == [("2026-01-31", "tea", 1, 2, 900)]
