"""What the figures of a cold start say."""

from bench.coldstart import figures_of, imported

HANDLERS = {"Tick": "app.tick", "APIHandler": "app.app"}


def test_the_ratio_is_that_of_the_slowest_function() -> None:
    compiled = {"boto3": 100.0, "ready": 300.0, "Tick": 120.0, "APIHandler": 150.0}
    plain = {"boto3": 400.0, "ready": 600.0, "Tick": 500.0, "APIHandler": 480.0}

    figures = figures_of(HANDLERS, compiled, plain)

    assert (figures["ratio"], figures["ratio_without_byte_code"]) == (1.5, 1.25)
    assert figures["functions"]["Tick"] == {
        "import_ms": 120,
        "import_ms_without_byte_code": 500,
        "ratio": 1.2,
        "ratio_without_byte_code": 1.25,
    }
    assert (figures["ready_ratio"], figures["byte_code_saves"]) == (3.0, 0.5)


def test_a_handler_is_imported_as_lambda_does() -> None:
    assert imported("app.tick") == "import app; assert callable(app.tick)"
