#!/usr/bin/env python3
"""Build the deployment package, and refuse to hand out a broken one.

    python .chalice/package.py OUT [--stage dev] [--architecture x86_64]

OUT gets deployment.zip and sam.json, or nothing. Chalice bundles app.py, chalicelib/ and vendor/
and nothing else: a folder named chalicelibs/ would be left out without a word. So a copy of the
project is staged with chalicelibs/ under vendor/, packaged there, pruned, byte-compiled, zipped
reproducibly and verified: every handler and every module of ours is imported from it in a bare
interpreter.

The functions run on the Python that runs this script: Chalice takes the runtime from it.
"""

import argparse
import json
import os
import platform
import runpy
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

Json = dict[str, Any]

ROOT = Path(__file__).resolve().parent.parent

#: Service models of botocore to ship; the others are most of its 16 MB.
BOTO_SERVICES = {"dynamodb", "events", "s3", "scheduler", "secretsmanager", "sqs", "ssm", "sts"}

#: Data of dependencies that the service never reads.
UNUSED = ("phonenumbers/geodata", "phonenumbers/carrierdata", "bin")

#: What a function needs to hand its traces over.
TRACES = {"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/AWSXRayDaemonWriteAccess"}

#: What Chalice prints when a wheel could not be fetched.
MISSING_WHEELS = "Could not install dependencies"

#: The earliest date a zip can hold: the same sources give the same bytes.
EPOCH = (1980, 1, 1, 0, 0, 0)

ELF_MACHINE = {"x86_64": 62, "arm64": 183}

#: The architecture of this machine where it could run a function, else none (macOS, say).
HOST = {("Linux", "x86_64"): "x86_64", ("Linux", "aarch64"): "arm64"}.get(
    (platform.system(), platform.machine())
)


def main() -> None:
    """Build in a scratch folder; what stands the checks is moved to OUT."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--stage", default="dev")
    parser.add_argument("--architecture", choices=ELF_MACHINE, default=HOST or "x86_64")
    args = parser.parse_args()
    out = args.out.resolve()
    for name in ("deployment.zip", "sam.json"):
        (out / name).unlink(missing_ok=True)

    with tempfile.TemporaryDirectory() as scratch:
        source, built, unzipped = (Path(scratch, name) for name in ("source", "out", "unzipped"))
        stage_project(source, args.stage, args.architecture)
        chalice_package(source, built, args.stage)
        apply_parameters(built / "sam.json", args.stage)
        with zipfile.ZipFile(built / "deployment.zip") as archive:
            archive.extractall(unzipped)
        prune(unzipped)
        byte_compile(unzipped)
        verify(built / "sam.json", unzipped, args.architecture)
        out.mkdir(parents=True, exist_ok=True)
        shutil.copy(built / "sam.json", out)
        write_zip(unzipped, out / "deployment.zip")
    print(f"{out / 'deployment.zip'}: {(out / 'deployment.zip').stat().st_size / 1e6:.1f} MB")


# --- Build ---------------------------------------------------------------------------------------


def stage_project(source: Path, stage: str, architecture: str) -> None:
    """Copy what is shipped; a stage without settings of its own has those of dev."""
    ignore = shutil.ignore_patterns("__pycache__", "*.pyc", "deployments", "deployed", "venv")
    shutil.copytree(ROOT / ".chalice", source / ".chalice", ignore=ignore)
    shutil.copytree(ROOT / "chalicelibs", source / "vendor" / "chalicelibs", ignore=ignore)
    for name in ("app.py", "requirements.txt", "constraints.txt"):
        shutil.copy(ROOT / name, source)

    write_merged(source / ".chalice")
    path = source / ".chalice" / "config.json"
    config = json.loads(path.read_text())
    config["lambda_architecture"] = architecture
    config["stages"].setdefault(stage, config["stages"]["dev"])
    path.write_text(json.dumps(config))


def write_merged(folder: Path) -> None:
    """Put all that is ours into the one template that Chalice merges.

    `resources.json` holds the data and its ways, `front.json` what stands before the API,
    `watching.py` alarms and dashboard; a project may do without the last two.
    """
    path = folder / "resources.json"
    template = json.loads(path.read_text())
    if (folder / "front.json").exists():
        template = merged(template, json.loads((folder / "front.json").read_text()))
    if (folder / "watching.py").exists():
        watching = runpy.run_path(str(folder / "watching.py"))
        own = {"Resources": watching["resources"](), "Outputs": watching["outputs"]()}
        template = merged(template, own)
    for resource in template["Resources"].values():
        if resource.get("Type") == "AWS::CloudWatch::Dashboard":
            properties = resource["Properties"]
            properties["DashboardBody"] = {"Fn::Sub": json.dumps(properties["DashboardBody"])}
    path.write_text(json.dumps(template))


def merged(one: Json, other: Json) -> Json:
    """Two maps as one; where both say something that is no map, the other counts."""
    both = {**one, **other}
    for name in one.keys() & other.keys():
        if isinstance(one[name], dict) and isinstance(other[name], dict):
            both[name] = merged(one[name], other[name])
    return both


def chalice_package(source: Path, out: Path, stage: str) -> None:
    """Let Chalice fetch the wheels and write the SAM template, merged with our resources."""
    command = [
        *(sys.executable, "-c", "from chalice.cli import main; main()"),
        *("--project-dir", str(source)),
        *("package", "--stage", stage),
        *("--merge-template", str(source / ".chalice" / "resources.json")),
        str(out),
    ]
    # The region is asked for and not used; .pyc files of Chalice's own import would be shipped.
    env = {"AWS_DEFAULT_REGION": "us-east-1", **os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        command, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    # It exits with 0, too, when wheels are missing, be it with a package or without.
    if done.returncode or MISSING_WHEELS in done.stdout or not (out / "deployment.zip").exists():
        sys.exit(f"{done.stdout}\nchalice package failed")


def apply_parameters(template: Path, stage: str) -> None:
    """Let the template's parameters decide what Chalice wrote as it is."""
    sam = json.loads(template.read_text())
    known = sam.get("Parameters", {})
    if "Stage" in known:
        known["Stage"]["Default"] = stage  # a release need not say it
        name_api(sam["Resources"])
    for resource in sam["Resources"].values():
        properties = resource.get("Properties", {})
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        if "Stage" in known:
            log_apart(properties, sam["Resources"])
        if "Tracing" in known:
            properties["Tracing"] = {"Ref": "Tracing"}
            role = sam["Resources"][properties["Role"]["Fn::GetAtt"][0]]
            role["Properties"]["ManagedPolicyArns"] = [either("IsTraced", TRACES)]
        reserved = properties.get("ReservedConcurrentExecutions")
        if "ReserveConcurrency" in known and reserved is not None:
            properties["ReservedConcurrentExecutions"] = either("ReservesConcurrency", reserved)
    template.write_text(json.dumps(sam, indent=2) + "\n")


def log_apart(function: Json, resources: Json) -> None:
    """Have a function log to a group that its role can name, so that it writes to no other.

    Chalice names each group after its function, which CloudFormation names after its role.
    """
    role = function["Role"]["Fn::GetAtt"][0]
    group = f"{role.removesuffix('Role')}LogGroup"
    name = {"Fn::Sub": f"/aws/lambda/carillon-${{Stage}}/{role.removesuffix('Role')}"}
    resources[group]["Properties"]["LogGroupName"] = name
    # What was logged under a former name stays for as long as it is to be kept.
    resources[group] |= {"DeletionPolicy": "Delete", "UpdateReplacePolicy": "Retain"}
    function["LoggingConfig"] = {**function.get("LoggingConfig", {}), "LogGroup": {"Ref": group}}


def name_api(resources: Json) -> None:
    """Call the API by its stage: that is how CloudWatch tells the figures of two apart."""
    for resource in resources.values():
        if resource["Type"] == "AWS::Serverless::Api":
            title = {"Fn::Sub": "carillon-${Stage}"}
            resource["Properties"]["DefinitionBody"]["info"]["title"] = title


def either(condition: str, value: object) -> Json:
    """A value under a condition, or none at all."""
    return {"Fn::If": [condition, value, {"Ref": "AWS::NoValue"}]}


def prune(root: Path) -> None:
    """Remove what no function reads."""
    models = root / "botocore" / "data"
    for service in models.iterdir() if models.is_dir() else ():
        if service.is_dir() and service.name not in BOTO_SERVICES:
            shutil.rmtree(service)
    for name in UNUSED:
        shutil.rmtree(root / name, ignore_errors=True)


def byte_compile(root: Path) -> None:
    """Compile ahead: a function's folder is read-only, so each cold start would compile anew.

    In a process of its own, with a fixed hash seed: what else was imported, and the order of a
    set, show in the bytes.
    """
    command = [sys.executable, "-P", "-m", "compileall", "-q", "-s", str(root)]
    done = subprocess.run(
        [*command, "--invalidation-mode", "unchecked-hash", str(root)],
        env={"PYTHONHASHSEED": "0"},
        check=False,
    )
    if done.returncode:
        sys.exit("a file in the package does not compile")


def write_zip(root: Path, archive: Path) -> None:
    """Zip in a fixed order with a fixed date."""
    with zipfile.ZipFile(archive, "w") as bundle:
        for path in sorted(p for p in root.rglob("*") if p.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(root).as_posix(), EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            bundle.writestr(entry, path.read_bytes(), compresslevel=9)


# --- Verify --------------------------------------------------------------------------------------


def verify(template: Path, root: Path, architecture: str) -> None:
    """Refuse what would fail, or lose messages, only once it runs."""
    resources: Json = json.loads(template.read_text())["Resources"]
    functions = {
        name: resource["Properties"]
        for name, resource in resources.items()
        if resource.get("Type") == "AWS::Serverless::Function"
    }
    for name, properties in functions.items():
        verify_runtime(name, properties)
        verify_partial_batches(name, properties)
        verify_timeouts(name, properties, resources)
    verify_roles(functions)
    verify_wheels(architecture, root)
    verify_presence(root)
    if architecture == HOST:  # foreign libraries cannot be loaded here
        verify_modules(root)
        for name, properties in functions.items():
            verify_handler(name, properties, root)
            print("ok", name, properties["Handler"])
    verify_template(template)


def verify_runtime(name: str, properties: Json) -> None:
    """The wheels are for the Python that built."""
    builder = f"python{sys.version_info.major}.{sys.version_info.minor}"
    if properties["Runtime"] != builder:
        sys.exit(f"{name}: runtime {properties['Runtime']}, but built with {builder}")


def verify_partial_batches(name: str, properties: Json) -> None:
    """Without this property the failed messages of a batch are deleted with the others."""
    for event in sqs_events(properties):
        if "ReportBatchItemFailures" not in event.get("FunctionResponseTypes", []):
            sys.exit(
                f"{name}: partial batch responses are off, failed messages would be deleted: "
                f"set FunctionResponseTypes in .chalice/resources.json"
            )


def verify_timeouts(name: str, properties: Json, resources: Json) -> None:
    """AWS asks for a visibility of six times the timeout; less hands a message out twice."""
    for event in sqs_events(properties):
        if not isinstance(event["Queue"], dict) or "Fn::Sub" not in event["Queue"]:
            sys.exit(f"{name}: its queue is not one of .chalice/resources.json")
        queue = event["Queue"]["Fn::Sub"].removeprefix("${").removesuffix(".Arn}")
        visibility = resources[queue]["Properties"].get("VisibilityTimeout", 30)
        if visibility < 6 * properties["Timeout"]:
            sys.exit(f"{name}: {queue} hides a message for {visibility} s, less than six timeouts")


def verify_roles(functions: Json) -> None:
    """Each function has a role, and so a policy, of its own."""
    owner_by_role: dict[str, str] = {}
    for name, properties in functions.items():
        role = json.dumps(properties["Role"])
        if role in owner_by_role:
            sys.exit(f"{name}: shares its role with {owner_by_role[role]}")
        owner_by_role[role] = name


def verify_wheels(architecture: str, root: Path) -> None:
    """The machine is in bytes 18 and 19 of an ELF file; the names of abi3 libraries do not say."""
    for library in root.rglob("*.so"):
        if int.from_bytes(library.read_bytes()[18:20], "little") != ELF_MACHINE[architecture]:
            sys.exit(f"{library.name} is not for {architecture}")


def verify_presence(root: Path) -> None:
    """Nothing of ours was left out."""
    ours = [path for path in (ROOT / "chalicelibs").rglob("*") if path.is_file()]
    for path in [ROOT / "app.py", *sorted(ours)]:
        if path.suffix != ".pyc" and not (root / path.relative_to(ROOT)).is_file():
            sys.exit(f"{path.relative_to(ROOT)} is not in the package")


def verify_modules(root: Path) -> None:
    """Every module of ours imports: a handler may import some of them late."""
    modules = [
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        for path in sorted((root / "chalicelibs").rglob("*.py"))
    ]
    run_bare("chalicelibs", root, f"for name in {modules!r}: import_module(name)", {})


def verify_handler(name: str, properties: Json, root: Path) -> None:
    """Import the handler as Lambda does, with the constants of its environment alone."""
    module, function = properties["Handler"].rsplit(".", 1)
    variables = properties.get("Environment", {}).get("Variables", {})
    constants = {key: value for key, value in variables.items() if isinstance(value, str)}
    probe = f"assert callable(getattr(import_module({module!r}), {function!r}))"
    run_bare(f"{name} ({properties['Handler']})", root, probe, constants)


def run_bare(subject: str, root: Path, probe: str, variables: dict[str, str]) -> None:
    """Run a probe in an interpreter that knows the package and the standard library only."""
    setup = f"import sys\nfrom importlib import import_module\nsys.path.insert(0, {str(root)!r})\n"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", setup + probe],
        cwd="/",
        env={"AWS_DEFAULT_REGION": "us-east-1", **variables},
        text=True,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{done.stderr}\n{subject} does not import from the package")


def verify_template(template: Path) -> None:
    """Lint the SAM template."""
    command = [sys.executable, "-c", "from cfnlint.runner import main; main()", str(template)]
    done = subprocess.run(command, text=True, capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}\ncfn-lint refuses the template")


def sqs_events(properties: Json) -> list[Json]:
    """What a function reads from SQS."""
    events = properties.get("Events", {}).values()
    return [event["Properties"] for event in events if event["Type"] == "SQS"]


if __name__ == "__main__":
    main()
