"""Numbers as people type them."""

import pytest

from explainer.core.numerals import is_whole, read_number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.2", 0.2), ("0,2", 0.2), (",5", 0.5), ("7,", 7.0), ("-3,25", -3.25), ("−3.25", -3.25), (" 12 ", 12.0),
        ("1,280.5", 1280.5), ("1.280,5", 1280.5), ("1.234.567", 1234567.0), ("12\u202f500", 12500.0),
        ("12’500,5", 12500.5), ("1e-3", 0.001), ("1E3", 1000.0), ("٣٫٥".replace("٫", ","), 3.5), ("１２", 12.0),
    ],
)  # fmt: skip
def test_reads_both_signs_and_any_digits(text: str, value: float) -> None:
    assert read_number(text) == value


def test_a_comma_before_three_digits_groups_only_whole_numbers() -> None:
    assert read_number("1,280") == 1.28
    assert read_number("1,280", whole=True) == 1280
    assert read_number("1.280", whole=True) == 1280
    assert read_number("2,5", whole=True) == 2.5


@pytest.mark.parametrize("text", ["", ".", ",", "-", "1,2,3", "1.2,3.4", "0x1f", "nan", "inf", "1e999", "1 a", "two"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"number|large"):
        read_number(text)


@pytest.mark.parametrize("text", ["", "²", "٣", "-1", "+1", " 1", "1.0", "1_0", "9" * 19])
def test_what_is_no_whole_number(text):
    assert not is_whole(text)


@pytest.mark.parametrize("text", ["0", "007", "9" * 18])
def test_whole_numbers(text):
    assert is_whole(text)
    assert int(text) < 2**63
