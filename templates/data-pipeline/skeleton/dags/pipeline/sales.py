"""From the orders of a day to what was sold on it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5


class Sale(NamedTuple):
    """A row of the table `daily_sales`."""

    id: UUID
    day: date
    product: str
    orders: int
    quantity: int
    revenue_cents: int


def sale_id(day: date, product: str) -> UUID:
    """The same for the same day and product, in every run."""
    return uuid5(NAMESPACE_URL, f"daily_sales/{day.isoformat()}/{product}")


def total(day: date, orders: Iterable[Mapping[str, Any]]) -> list[Sale]:
    """Sums up orders by product."""
    sums = defaultdict(lambda: [0, 0, 0])
    for order in orders:
        of_product = sums[order["product"]]
        of_product[0] += 1
        of_product[1] += order["quantity"]
        of_product[2] += order["amount_cents"]
    return [Sale(sale_id(day, product), day, product, *sums[product]) for product in sums]
