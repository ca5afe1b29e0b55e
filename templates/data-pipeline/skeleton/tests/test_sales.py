from datetime import date

from pipeline.sales import Sale, sale_id, total

DAY = date(2026, 1, 31)


def order(product, quantity, amount_cents):
    return {"product": product, "quantity": quantity, "amount_cents": amount_cents}


def test_orders_are_summed_up_by_product():
    orders = [order("tea", 2, 900), order("kettle", 1, 3500), order("tea", 1, 450)]
    assert total(DAY, orders) == [
        Sale(sale_id(DAY, "tea"), DAY, "tea", 2, 3, 1350),
        Sale(sale_id(DAY, "kettle"), DAY, "kettle", 1, 1, 3500),
    ]


def test_no_orders_are_no_sales():
    assert total(DAY, []) == []


def test_an_id_says_day_and_product():
    assert str(sale_id(DAY, "tea")) == "6ca355f5-f564-5895-8693-b69783609136"
    assert len({sale_id(DAY, "tea"), sale_id(DAY, "kettle"), sale_id(date(2026, 2, 1), "tea")}) == 3
