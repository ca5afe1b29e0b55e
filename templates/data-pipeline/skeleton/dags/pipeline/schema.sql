CREATE TABLE IF NOT EXISTS staged_orders (
    day          date    NOT NULL,
    id           bigint  NOT NULL,
    product      text,
    quantity     integer,
    amount_cents bigint
);
CREATE INDEX IF NOT EXISTS staged_orders_day ON staged_orders (day);

CREATE TABLE IF NOT EXISTS daily_sales (
    id            uuid    PRIMARY KEY,
    day           date    NOT NULL,
    product       text    NOT NULL,
    orders        integer NOT NULL,
    quantity      bigint  NOT NULL,
    revenue_cents bigint  NOT NULL,
    UNIQUE (day, product)
);
