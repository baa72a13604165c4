"""What a cold start costs: the CPU time in which each function's handler imports from the zip.

    python -m bench.coldstart [FOLDER]      # with deployment.zip and sam.json; else they are built

Lambda's folder is read-only: without byte code every cold start compiles anew, so both are
measured, against a bare `import boto3` from the same zip, in turns, in processes that know nothing
else. A function is *ready* once its service stands, too, AWS clients included: that is what its
first event waits for. Figures go to `.local/bench/coldstart.json`.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[1]
FIGURES = ROOT / ".local" / "bench" / "coldstart.json"

#: Each figure is the median of so many processes.
RUNS = 7

#: The most that a handler's import should cost, of what `import boto3` costs.
AIM = 1.6

#: Enough of an environment for a service to be built; nothing is sent anywhere.
SETTINGS = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "nobody",
    "AWS_SECRET_ACCESS_KEY": "nothing",
    "PYTHONTZPATH": "",
    "TABLE_NAME": "carillon",
    "DROP_BUCKET": "carillon-drop",
    **{
        f"{queue}_{kind}_URL": f"https://sqs.us-east-1.amazonaws.com/1/{queue.lower()}"
        for queue in ("NUDGES", "CALLS", "CALL_EVENTS", "EXPORTS", "IMPORT_CHUNKS", "IMPORTS")
        for kind in ("QUEUE", "DEAD_LETTERS")
    },
}

PROBE = """
import sys, time
sys.path.insert(0, {root!r})
began = time.process_time()
{statement}
print((time.process_time() - began) * 1000)
"""

BOTO3, READY = "boto3", "ready"

#: CPU milliseconds by what was measured.
Costs = Mapping[str, float]


def main() -> None:
    """Measure, store and show."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else built(Path(scratch) / "package")
        handlers = handlers_in(folder)
        figures = measured(folder / "deployment.zip", handlers, Path(scratch))
    FIGURES.parent.mkdir(parents=True, exist_ok=True)
    FIGURES.write_text(json.dumps(figures, indent=2) + "\n")
    show(figures)


def built(out: Path) -> Path:
    """The package of this project as it stands."""
    command = [sys.executable, str(ROOT / ".chalice" / "package.py"), str(out)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return out


def handlers_in(folder: Path) -> dict[str, str]:
    """The handler of each function."""
    resources = json.loads((folder / "sam.json").read_text())["Resources"]
    return {
        name: resource["Properties"]["Handler"]
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def measured(archive: Path, handlers: Mapping[str, str], scratch: Path) -> dict[str, Any]:
    """All figures of a zip."""
    with_code, without = scratch / "with", scratch / "without"
    with zipfile.ZipFile(archive) as bundle:
        bundle.extractall(with_code)
    shutil.copytree(with_code, without, ignore=shutil.ignore_patterns("__pycache__"))
    probes = {BOTO3: "import boto3", READY: "import app; app.service()"}
    probes |= {name: imported(handler) for name, handler in handlers.items()}
    compiled, plain = costs_of(probes, with_code), costs_of(probes, without)
    return figures_of(handlers, compiled, plain) | {
        "zip_mb": round(archive.stat().st_size / 1e6, 1),
        "python": ".".join(map(str, sys.version_info[:3])),
        "runs": RUNS,
    }


def imported(handler: str) -> str:
    """How Lambda finds a handler."""
    module, _, name = handler.rpartition(".")
    return f"import {module}; assert callable({module}.{name})"


def costs_of(probes: Mapping[str, str], root: Path) -> Costs:
    """What each costs, measured in turns: whatever else the machine does then hits them alike."""
    seen: dict[str, list[float]] = {name: [] for name in probes}
    for _ in range(RUNS):
        for name, statement in probes.items():
            seen[name].append(cost_of(statement, root))
    return {name: median(costs) for name, costs in seen.items()}


def cost_of(statement: str, root: Path) -> float:
    """The CPU time of a statement in a process of its own."""
    code = PROBE.format(root=str(root), statement=statement)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", code],
        cwd="/",
        env=SETTINGS,
        text=True,
        capture_output=True,
        check=True,
    )
    return float(done.stdout)


def figures_of(handlers: Mapping[str, str], compiled: Costs, plain: Costs) -> dict[str, Any]:
    """The figures, each function's and the worst of them."""
    functions = {
        name: {
            "import_ms": round(compiled[name]),
            "import_ms_without_byte_code": round(plain[name]),
            "ratio": round(compiled[name] / compiled[BOTO3], 2),
            "ratio_without_byte_code": round(plain[name] / plain[BOTO3], 2),
        }
        for name in handlers
    }
    return {
        "ratio": max(one["ratio"] for one in functions.values()),
        "ratio_without_byte_code": max(
            one["ratio_without_byte_code"] for one in functions.values()
        ),
        "aim": AIM,
        "boto3_ms": round(compiled[BOTO3]),
        "boto3_ms_without_byte_code": round(plain[BOTO3]),
        "ready_ms": round(compiled[READY]),
        "ready_ratio": round(compiled[READY] / compiled[BOTO3], 2),
        "byte_code_saves": round(1 - compiled[READY] / plain[READY], 2),
        "functions": functions,
    }


def show(figures: Mapping[str, Any]) -> None:
    """The figures for people."""
    print(f"{'':<18}{'import':>9}{'of boto3':>10}{'no .pyc':>9}{'of boto3':>10}")
    for name, one in figures["functions"].items():
        print(
            f"{name:<18}{one['import_ms']:>6} ms{one['ratio']:>10}"
            f"{one['import_ms_without_byte_code']:>6} ms{one['ratio_without_byte_code']:>10}"
        )
    print(
        f"import boto3: {figures['boto3_ms']} ms, without byte code "
        f"{figures['boto3_ms_without_byte_code']} ms; ready for the first event: "
        f"{figures['ready_ms']} ms; worst ratio {figures['ratio']} (aim: at most {AIM})"
    )


if __name__ == "__main__":
    main()
