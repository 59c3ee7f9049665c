"""Numbers and dates as a spreadsheet program shows them; every expectation is what such a program shows."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.parsing.number_format import BUILT_IN, is_date, shown


@pytest.mark.parametrize(
    ("raw", "code", "expected"),
    [
        ("0.125", "0.0%", "12.5%"),
        ("1234567.891", "#,##0.00", "1,234,567.89"),
        ("43528", "d mmm yyyy", "4 Mar 2019"),
        ("43528", "yyyy-mm-dd", "2019-03-04"),
        ("0.30000000000000004", "General", "0.3"),
        ("1234", "General", "1234"),
        ("-5", "0", "-5"),
        ("-5", "0;(0)", "(5)"),
        ("0", '0;-0;"-"', "-"),
        ("43528.75", "dd/mm/yyyy h:mm AM/PM", "04/03/2019 6:00 PM"),
        ("0.5", "h:mm", "12:00"),
        ("1.5", "[h]:mm", "36:00"),
        ("12345", "0.00E+00", "1.23E+04"),
        ("1200", '#,##0 "kg"', "1,200 kg"),
        ("1200", "[$€-407] #,##0.00", "€ 1,200.00"),
        ("1200", "#,##0.00\\ [$€-407]", "1,200.00 €"),
        ("1", 'General" pcs"', "1 pcs"),
        ("1500000", '0.0,,"M"', "1.5M"),
        ("0.5", "# ?/?", "0.5"),
        ("5", "000", "005"),
        ("0.5", "#.##", ".5"),
        ("3", "0.##", "3"),
        ("-0.001", "0.00", "0.00"),
        ("60", "yyyy-mm-dd", "60"),
        ("1", "yyyy-mm-dd", "1900-01-01"),
        ("43528", "[$-409]mmmm d, yyyy", "March 4, 2019"),
        ("43528", "[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", "Monday, March 04, 2019"),
        ("abc", "0", "abc"),
        ("1e300", "General", "1E+300"),
        ("123456789012", "General", "123456789012"),
        ("43528.9999999", "yyyy-mm-dd h:mm:ss", "2019-03-05 0:00:00"),
        ("5", "[Red]0;[Blue]-0", "5"),
        ("5", "[>3]0;0.0", "5"),
        ("1234.5", "_-* #,##0.00_-", "1,234.50"),
        ("1234.5", '_(* #,##0.00_);_(* \\(#,##0.00\\);_(* "-"??_);_(@_)', "1,234.50"),
        ("-1234.5", '_(* #,##0.00_);_(* \\(#,##0.00\\);_(* "-"??_);_(@_)', "(1,234.50)"),
        ("0", '_(* #,##0.00_);_(* \\(#,##0.00\\);_(* "-"??_);_(@_)', "-"),
        ("0.052", "mm:ss.0", "14:52.8"),
        ("43528", "mmm-yy", "Mar-19"),
        ("42", "@", "42"),
        ("2019", "0000", "2019"),
    ],
)
def test_numbers_in_formats(raw: str, code: str, expected: str) -> None:
    assert shown(raw, code) == expected


@pytest.mark.parametrize(
    ("raw", "code", "expected"),
    [
        ("1e100", "0,.0", "1E+100"),
        ("1", "0." + "0" * 40, "1"),
        ("1e999999", "0%", "1e999999"),
        ("1e-300", "h:mm", "0:00"),
        ("-1e24", "h:mm", "-1E+24"),
        ("1e24", "h:mm", "1E+24"),
        ("-0.5", "yyyy-mm-dd", "-0.5"),
    ],
)
def test_numbers_and_formats_beyond_measure(raw: str, code: str, expected: str) -> None:
    assert shown(raw, code) == expected


def test_dates_may_count_from_1904() -> None:
    assert shown("42066", "yyyy-mm-dd", since_1904=True) == "2019-03-04"


def test_which_formats_show_dates() -> None:
    assert [code for code in BUILT_IN.values() if is_date(code)] == [
        "yyyy-mm-dd", "d-mmm-yy", "d-mmm", "mmm-yy", "h:mm AM/PM", "h:mm:ss AM/PM", "h:mm", "h:mm:ss",
        "yyyy-mm-dd h:mm", "mm:ss", "[h]:mm:ss", "mm:ss.0"
    ]  # fmt: skip
    assert not is_date('0 "days"')
    assert not is_date("[Red]0.00")


@settings(max_examples=500, deadline=None)
@given(
    st.text(alphabet='#0?.,;%E+-[]"\\_*@/ymdhsAPMGeneral $', max_size=20),
    st.text(alphabet="0123456789.-e", max_size=12),
)
def test_no_format_fails(code: str, raw: str) -> None:
    assert isinstance(shown(raw, code), str)


@given(st.integers(-(10**14), 10**14))
def test_whole_numbers_are_written_out(number: int) -> None:
    assert shown(str(number), "General") == str(number)
    assert shown(str(number), "#,##0") == f"{number:,}"
