"""A broken build is refused, with the reason, and leaves no package behind.

On a project of two modules without requirements, which builds in a second or two.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.package.conftest import ROOT, Build

APP = """
from chalice import Chalice
from chalicelibs import greeting
app = Chalice(app_name="small")

@app.on_sqs_message(queue="work")
def work(event):
    return greeting.TEXT
"""
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["sqs:ReceiveMessage"], "Resource": "*"}],
}
RESOURCES: dict[str, Any] = {
    "WorkQueue": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 360}},
    "Work": {
        "Properties": {
            "Events": {
                "WorkSqsEventSource": {
                    "Properties": {
                        "Queue": {"Fn::Sub": "${WorkQueue.Arn}"},
                        "FunctionResponseTypes": ["ReportBatchItemFailures"],
                    }
                }
            }
        }
    },
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that builds."""
    root = tmp_path / "project"
    (root / ".chalice").mkdir(parents=True)
    (root / "chalicelibs").mkdir()
    shutil.copy(ROOT / ".chalice" / "package.py", root / ".chalice")
    (root / "app.py").write_text(APP)
    for name in ("requirements.txt", "constraints.txt"):
        (root / name).write_text("")
    (root / "chalicelibs" / "__init__.py").write_text("")
    (root / "chalicelibs" / "greeting.py").write_text('TEXT = "hello"\n')
    config = {
        "version": "2.0",
        "app_name": "small",
        "autogen_policy": False,
        "stages": {"dev": {"lambda_timeout": 60, "iam_policy_file": "policy.json"}},
    }
    (root / ".chalice" / "config.json").write_text(json.dumps(config))
    (root / ".chalice" / "policy.json").write_text(json.dumps(POLICY))
    write_resources(root, RESOURCES)
    return root


def write_resources(project: Path, resources: dict[str, Any]) -> None:
    document = json.dumps({"Resources": resources})
    (project / ".chalice" / "resources.json").write_text(document)


def test_the_sound_project_is_built(build: Build, project: Path, tmp_path: Path) -> None:
    done = build(tmp_path / "out", project=project)

    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "out" / "deployment.zip").exists()


def test_a_module_that_does_not_import_is_named_and_no_package_is_left(
    build: Build, project: Path, tmp_path: Path
) -> None:
    assert build(tmp_path / "out", project=project).returncode == 0
    (project / "chalicelibs" / "late.py").write_text("import not_in_requirements\n")

    done = build(tmp_path / "out", project=project)

    assert done.returncode != 0
    assert "not_in_requirements" in done.stderr
    assert "chalicelibs does not import from the package" in done.stderr
    assert list((tmp_path / "out").iterdir()) == []


def test_a_handler_that_does_not_import_in_lambda_is_named(
    build: Build, project: Path, tmp_path: Path
) -> None:
    # chalice.test is there on the builder and not in the zip.
    (project / "app.py").write_text("import chalice.test\n" + APP)

    done = build(tmp_path / "out", project=project)

    assert done.returncode != 0
    assert "Work (app.work) does not import from the package" in done.stderr


def test_a_consumer_that_would_lose_failed_messages_is_refused(
    build: Build, project: Path, tmp_path: Path
) -> None:
    event = {"Queue": {"Fn::Sub": "${WorkQueue.Arn}"}}
    events = {"Properties": {"Events": {"WorkSqsEventSource": {"Properties": event}}}}
    write_resources(project, RESOURCES | {"Work": events})

    done = build(tmp_path / "out", project=project)

    assert done.returncode != 0
    assert "Work: partial batch responses are off" in done.stderr


def test_a_queue_that_hands_a_message_out_while_it_is_worked_on_is_refused(
    build: Build, project: Path, tmp_path: Path
) -> None:
    short = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 60}}
    write_resources(project, RESOURCES | {"WorkQueue": short})

    done = build(tmp_path / "out", project=project)

    assert done.returncode != 0
    assert "Work: WorkQueue hides a message for 60 s" in done.stderr


def test_a_template_that_cfn_lint_refuses_is_refused(
    build: Build, project: Path, tmp_path: Path
) -> None:
    unknown = {"Type": "AWS::SQS::Queue", "Properties": {"Colour": "blue"}}
    write_resources(project, RESOURCES | {"Other": unknown})

    done = build(tmp_path / "out", project=project)

    assert done.returncode != 0
    assert "cfn-lint refuses the template" in done.stderr


def test_a_requirement_without_a_wheel_is_refused(
    build: Build, project: Path, tmp_path: Path
) -> None:
    (project / "requirements.txt").write_text("chalice==0.0.0.dev404\n")

    done = build(tmp_path / "out", project=project)

    assert done.returncode != 0
    assert "chalice package failed" in done.stderr
