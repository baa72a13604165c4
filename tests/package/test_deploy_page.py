"""The page on releasing says what the template, the API and the Makefile say."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from chalice.config import Config

import app
from local.gateway import Gateway, GatewayServer
from local.gateway_errors import Refusals
from tests.functional.product import OPERATOR_KEY, TEMPLATE, Product
from tests.package.conftest import ROOT, Package

PAGE = (ROOT / "docs" / "deploy.md").read_text()
COMMANDS = "\n".join(re.findall(r"^```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))

#: Commands that go on in the next line, as one.
LINES = COMMANDS.replace("\\\n", " ").splitlines()


def overridden() -> set[str]:
    """The parameters that the commands set."""
    values = [line.partition("--parameter-overrides")[2] for line in LINES]
    return {name for value in values for name in re.findall(r"(\w+)=", value)}


def section(heading: str) -> str:
    """What stands under a heading."""
    return PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]


def told_in(heading: str) -> Iterator[str]:
    """The names in the first column of the table under a heading."""
    for row in re.findall(r"^\| (`.*?) \|", section(heading), re.MULTILINE):
        yield from re.findall(r"`(\w+)`", row)


def test_every_parameter_that_a_command_sets_is_one(package: Package) -> None:
    assert len(overridden()) > 5
    assert overridden() <= package.template["Parameters"].keys()


def test_every_parameter_is_told_of_and_no_other(package: Package) -> None:
    assert set(told_in("Parameters")) == package.template["Parameters"].keys()


def test_every_output_that_a_command_asks_for_is_one(package: Package) -> None:
    asked = set(re.findall(r"(?:\$\(|`|^)output (\w+)", PAGE, re.MULTILINE))

    assert {"EndpointURL", "TableName", "DropBucketName"} <= asked
    assert asked <= package.template["Outputs"].keys()


DESCRIBED = json.loads((ROOT / "chalicelibs" / "api" / "openapi.json").read_text())["paths"]
A_CARRIER = "/workspace/carriers/{name}"


def test_every_route_that_a_command_asks_is_described() -> None:
    asked = re.findall(r"\bask (GET|POST|PUT) (/\S+)", COMMANDS)
    asked += [("POST", path) for path in re.findall(r"curl -s \$URL(/\w+)", COMMANDS)]

    assert len(asked) > 5
    for method, path in asked:
        if path.startswith("/workspace/carriers/"):
            path = A_CARRIER
        path = path.replace("$CAMPAIGN", "{campaign_id}")
        assert method.lower() in DESCRIBED[path], path


def test_every_target_of_make_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    named = set(re.findall(r"(?:^|`)make ([a-z]+)\b", PAGE, re.MULTILINE))

    assert named >= {"package"}
    assert named <= targets


def test_the_secret_stands_where_the_functions_may_read_it(package: Package) -> None:
    (named,) = re.findall(r"--name (/carillon/\S+)", COMMANDS)
    variables = package.template["Globals"]["Function"]["Environment"]["Variables"]

    assert named.startswith("/carillon/$STAGE/$WORKSPACE/")
    assert variables["SECRETS_PATH"] == {"Fn::Sub": "/carillon/${Stage}"}


def test_the_stack_needs_no_capability_that_the_commands_do_not_grant(package: Package) -> None:
    releases = [line for line in LINES if "cloudformation deploy" in line]

    assert len(releases) > 4
    for line in releases:
        assert "--capabilities CAPABILITY_IAM" in line
        assert "--s3-bucket $ARTIFACTS" in line, "the template is too large to be sent as it is"
    named = [role for role in package.resources("AWS::IAM::Role").values() if "RoleName" in role]
    assert named == [], "those would need CAPABILITY_NAMED_IAM"


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_the_commands_are_commands(shell: str) -> None:
    done = subprocess.run(
        [shell, "-n"], input=COMMANDS, text=True, capture_output=True, check=False
    )

    assert done.returncode == 0, done.stderr


@pytest.fixture
def product(monkeypatch: pytest.MonkeyPatch) -> Product:
    """The service in memory, as the routes of this process reach it."""
    product = Product.new()
    monkeypatch.setattr(app, "service", lambda: product.service)
    return product


@pytest.fixture
def url(product: Product) -> Iterator[str]:  # noqa: ARG001 - its requests come to the product
    """Where it is served."""
    gateway = Gateway(app.app, Config(), Refusals(TEMPLATE["Resources"]))
    server = GatewayServer(gateway, 0)
    server.begin()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.finish(within_s=10)


def first_call() -> str:
    """The commands of the first call, with what they use of those before, and no placeholder."""
    (field,) = re.findall(r"^field\(\) .*$", COMMANDS, re.MULTILINE)
    blocks = re.findall(r"^```sh\n(.*?)^```", section("The first call"), re.DOTALL | re.MULTILINE)
    commands = "\n".join([field, *blocks]).replace("AC…", f"AC{'0' * 32}")
    assert "…" not in commands
    return commands


@pytest.mark.skipif(shutil.which("curl") is None, reason="the commands ask by curl")
@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_the_commands_of_the_first_call_are_answered(
    product: Product, url: str, shell: str, tmp_path: Path
) -> None:
    for name in ("aws", "stty"):
        command = tmp_path / name
        command.write_text('#!/bin/sh\nprintf "%s\\n" "$@" > "$0.asked"\n')
        command.chmod(0o755)
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "URL": url, "OPERATOR_KEY": OPERATOR_KEY}

    done = subprocess.run(
        [shell, "-e", "-c", first_call()],
        env={**env, "STAGE": "dev"},
        cwd=tmp_path,
        input='a "secret"\n',
        text=True,
        capture_output=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr
    assert '"error"' not in done.stdout, done.stdout
    assert 'a "secret"' in (tmp_path / "aws.asked").read_text().splitlines()
    assert '"gates":' in done.stdout, "the last of them is told why nobody is called"
    (task,) = product.store.tasks.values()
    assert task.phone == "+12025550102"


def test_what_the_page_leads_to_is_there() -> None:
    for page, heading in re.findall(r"\]\((\w+\.md)?(?:#([\w-]+))?\)", PAGE):
        text = (ROOT / "docs" / page).read_text() if page else PAGE
        headings = {
            re.sub(r"[^\w -]", "", line.lstrip("# ")).strip().lower().replace(" ", "-")
            for line in text.splitlines()
            if line.startswith("#")
        }
        assert not heading or heading in headings, heading
