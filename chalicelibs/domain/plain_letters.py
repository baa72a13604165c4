"""What is written in numbers, as a keyboard has it."""

from unicodedata import category, decimal

#: What other keyboards have for what stands in numbers.
PLAINER = {"−": "-", "＋": "+", "﹢": "+", "．": ".", "·": ".", "（": "(", "）": ")", "／": "/"}


def in_plain_letters(text: str) -> str:
    """The text with digits, blanks and dashes as a keyboard has them."""
    return text if text.isascii() else "".join(map(plain, text))


def plain(letter: str) -> str:
    """A letter as a keyboard has it: digits of all scripts, blanks, dashes; nothing for marks."""
    if letter.isascii():
        return letter
    kind = category(letter)
    if kind == "Nd":
        return str(decimal(letter))
    if kind in {"Cf", "Mn", "Me"}:  # of no width, or around a letter
        return ""
    plainer = {"Zs": " ", "Pd": "-"}.get(kind, letter)
    return PLAINER.get(letter, plainer)
