"""Text that no spreadsheet takes for a formula, and the way back."""

#: What begins a formula; the wide ones are taken for the others.
FORMULA = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")

#: What makes a spreadsheet look at the next cell, or the next line, for a formula.
BREAKS = frozenset("\t\r\n")

#: What tells a spreadsheet that a cell holds text.
APOSTROPHE = "'"

#: Letters that cannot be seen, before which a formula may hide.
UNSEEN = "\ufeff\u200b\u200c\u200d\u2060"


def safe(text: str) -> str:
    """The text as a cell that is never calculated: `+34600000001` becomes `'+34600000001`."""
    return APOSTROPHE + text if is_risky(text) else text


def plain(cell: str) -> str:
    """The text of which `safe` made this cell; what it would have left alone stays as it is."""
    if not cell.startswith(APOSTROPHE):
        return cell
    text = cell[1:]
    return text if is_risky(text) else cell


def is_risky(text: str) -> bool:
    """Whether a spreadsheet might calculate it, or would if an apostrophe were taken off."""
    bare = text.lstrip(APOSTROPHE)
    if bare[:1] in BREAKS:
        return True
    return bare.lstrip().lstrip(UNSEEN).lstrip()[:1] in FORMULA
