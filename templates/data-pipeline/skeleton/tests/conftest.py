import os

import pytest
from sqlalchemy import create_engine, text


@pytest.fixture
def database():
    """An empty database with the source's table; it stands for source and warehouse."""
    engine = create_engine(os.environ["TEST_DATABASE_URL"])
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE; CREATE SCHEMA public"))
        connection.execute(
            text("""
                CREATE TABLE orders (
                    id bigint PRIMARY KEY, product text, quantity integer,
                    amount_cents bigint, ordered_at timestamptz NOT NULL
                )
            """)
        )
    yield engine
    engine.dispose()
