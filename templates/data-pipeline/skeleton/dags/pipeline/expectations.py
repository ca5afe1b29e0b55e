"""What a day's orders have to be like. Airflow never imports this: quality.py runs it with the
Python of another virtual environment, rows as JSON on standard input. It exits with 3 and names
what is not met when the data is bad.
"""

import json
import sys

import great_expectations as gx
import great_expectations.expectations as gxe
import pandas as pd

COLUMNS = ["id", "product", "quantity", "amount_cents"]

EXPECTATIONS = [
    # A day without an order has not happened yet: more likely the source was empty.
    gxe.ExpectTableRowCountToBeBetween(min_value=1),
    gxe.ExpectColumnValuesToBeUnique(column="id"),
    *(gxe.ExpectColumnValuesToNotBeNull(column=column) for column in COLUMNS),
    gxe.ExpectColumnValuesToBeBetween(column="quantity", min_value=1),
    gxe.ExpectColumnValuesToBeBetween(column="amount_cents", min_value=0),
]


def main() -> int:
    orders = pd.DataFrame(json.load(sys.stdin), columns=COLUMNS)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_pandas("staging").add_dataframe_asset("orders")
    batch = asset.add_batch_definition_whole_dataframe("day").get_batch({"dataframe": orders})
    outcome = batch.validate(gx.ExpectationSuite(name="orders", expectations=EXPECTATIONS))
    for result in outcome.results:
        if not result.success:
            config = result.expectation_config
            print(f"{config.type} {config.kwargs.get('column', '')}: {result.result}")
    return 0 if outcome.success else 3


if __name__ == "__main__":
    sys.exit(main())
