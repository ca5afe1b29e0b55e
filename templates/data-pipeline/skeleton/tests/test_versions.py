"""Airflow's version stands in three places, and has to be the same in all of them."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_one_airflow():
    requirements, image = (ROOT / "requirements.txt").read_text(), (ROOT / "Dockerfile").read_text()
    found = {
        "required": re.search(r"\napache-airflow==([\d.]+)\n", requirements)[1],
        "constraints": re.search(r"/constraints-([\d.]+)/", requirements)[1],
        "image": re.search(r"\nFROM apache/airflow:([\d.]+)-", image)[1],
    }
    assert len(set(found.values())) == 1, found
