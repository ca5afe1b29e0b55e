"""The expectations, run as the DAG runs them."""

import pytest

from pipeline import quality

GOOD = {"id": 1, "product": "tea", "quantity": 2, "amount_cents": 900}


def test_good_orders_pass():
    quality.check([GOOD, {**GOOD, "id": 2, "amount_cents": 0}])


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "expect_table_row_count_to_be_between"),
        ([GOOD, GOOD], "expect_column_values_to_be_unique id"),
        ([{**GOOD, "product": None}], "expect_column_values_to_not_be_null product"),
        ([{**GOOD, "quantity": 0}], "expect_column_values_to_be_between quantity"),
        ([{**GOOD, "amount_cents": -1}], "expect_column_values_to_be_between amount_cents"),
    ],
)
def test_bad_orders_are_named(rows, said):
    with pytest.raises(quality.BadData, match=said):
        quality.check(rows)


def test_expectations_that_cannot_run_are_no_verdict(monkeypatch):
    monkeypatch.setattr(quality, "EXPECTATIONS", "missing.py")
    with pytest.raises(RuntimeError, match=r"missing\.py"):
        quality.check([GOOD])
