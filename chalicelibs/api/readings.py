"""How a file is to be read, as the query and the body of a request say it."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema

from chalicelibs.api.bodies import Body, invalid
from chalicelibs.domain.errors import Invalid
from chalicelibs.domain.imports import LONGEST_FILE_NAME
from chalicelibs.domain.reading import (
    DELIMITERS,
    NO_COLUMN,
    Duplicates,
    Meaning,
    Reading,
    encoding_named,
)
from chalicelibs.domain.written_phone import region_of

FILE_NAME = "A name without slashes that ends with `.csv`."

#: A delimiter may be called by its name: not every letter travels well in an address.
NAMED = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}

#: Longer names are in no header.
LONGEST_COLUMN = 1_000

Delimiter = Annotated[
    Literal[",", ";", "\t", "|"],
    BeforeValidator(lambda text: NAMED.get(text, text) if isinstance(text, str) else text),
    WithJsonSchema({"type": "string", "enum": [*DELIMITERS, *NAMED]}),
]

Column = Annotated[str, Field(max_length=LONGEST_COLUMN)]


class Options(Body):
    """What a file does not say itself."""

    region: str | None = Field(
        None, description="Of national numbers, like `DE`; without it they are rejected."
    )
    encoding: str | None = Field(
        None, description="Like `windows-1252`; else UTF-8, or what the first bytes say."
    )
    delimiter: Delimiter | None = Field(
        None, description="Between columns; else it is found in the header."
    )
    duplicates: Duplicates | None = Field(
        None,
        description="What becomes of a number that the campaign has: `skip` (default), `allow`, "
        "or `update` of a task not yet called.",
    )
    dry_run: bool | None = Field(
        None, description="Only tell what would become of the rows; nothing becomes a task."
    )

    def said(self) -> dict[str, Any]:
        """What of these was said."""
        return {name: getattr(self, name) for name in sorted(self.model_fields_set)}


class NewImport(Options):
    """A file of contacts that is going to be uploaded."""

    file: str = Field(
        description=FILE_NAME,
        json_schema_extra={"pattern": r"^[^/\\]+\.csv$", "maxLength": LONGEST_FILE_NAME},
    )
    columns: dict[Meaning, Column | None] | None = Field(
        None,
        description="The names of columns whose headers do not say what they are; null: the file "
        "has no such column, whatever its headers say.",
    )


def column_of(meaning: Meaning) -> Any:
    """The parameter that names a column."""
    return Field(
        None,
        max_length=LONGEST_COLUMN,
        description=f"The name of the column that is the `{meaning}`; empty: none is.",
    )


class ImportQuery(Options):
    """The query of `POST /campaigns/{id}/imports`."""

    model_config = ConfigDict(strict=False)

    file: str | None = Field(
        None,
        max_length=LONGEST_FILE_NAME,
        description=f"With `text/csv`, the name of the file. {FILE_NAME}",
    )
    phone_column: str | None = column_of(Meaning.PHONE)
    timezone_column: str | None = column_of(Meaning.TIMEZONE)
    start_after_column: str | None = column_of(Meaning.START_AFTER)
    priority_column: str | None = column_of(Meaning.PRIORITY)
    external_id_column: str | None = column_of(Meaning.EXTERNAL_ID)

    def said(self) -> dict[str, Any]:
        """What was said, by the names that it has in a body."""
        said = super().said()
        named = {meaning: said.pop(f"{meaning}_column", None) for meaning in Meaning}
        columns = {meaning: name for meaning, name in named.items() if name is not None}
        return said | ({"columns": columns} if columns else {})


def asked(query: Mapping[str, str]) -> dict[str, Any]:
    """What a query says.

    Raises:
        Invalid: naming what is wrong.
    """
    try:
        return ImportQuery.model_validate(query).said()
    except ValidationError as error:
        raise invalid(error) from None


def together(query: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """What query and body say.

    Raises:
        Invalid: when both say the same: whichever counted, the other would be dropped.
    """
    for name in sorted(query.keys() & body.keys()):
        raise Invalid("say it in the address or in the body, not in both", name)
    return {**query, **body}


def reading_of(said: Mapping[str, Any]) -> Reading:
    """How a file is to be read.

    Raises:
        Invalid: naming what is wrong.
    """
    given = {name: value for name, value in said.items() if value is not None}
    columns = {meaning: name or NO_COLUMN for meaning, name in given.get("columns", {}).items()}
    if columns.get(Meaning.PHONE) == NO_COLUMN:
        raise Invalid("must name a column: there is nothing to call without a number", "columns")
    return Reading(
        columns=columns,
        region=region_of(given["region"]) if "region" in given else None,
        encoding=encoding_named(given["encoding"]) if "encoding" in given else None,
        delimiter=given.get("delimiter"),
        duplicates=given.get("duplicates", Duplicates.SKIP),
        is_dry_run=given.get("dry_run", False),
    )
