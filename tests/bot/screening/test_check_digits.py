"""Check digits, against published examples."""

from __future__ import annotations

import pytest

from bot.screening import check_digits


def test_the_examples_of_the_requirements_hold() -> None:
    assert check_digits.my_number_check_digit("12345678901") == 8
    assert check_digits.licence_check_digit("3090123456") == 2


def test_public_numbers_of_offices_hold() -> None:
    assert check_digits.is_corporate_number("7000012050002")  # 国税庁
    assert check_digits.is_insurer_number("01130012")  # 全国健康保険協会 東京支部
    assert check_digits.passes_luhn("4111111111111111")


@pytest.mark.parametrize(
    ("test", "digits"),
    [
        (check_digits.is_my_number, "123456789018"),
        (check_digits.is_driving_licence, "309012345620"),
        (check_digits.is_insurer_number, "01130012"),
        (check_digits.is_corporate_number, "7000012050002"),
        (check_digits.passes_luhn, "4111111111111111"),
    ],
)
def test_one_wrong_check_digit_is_noticed(test, digits: str) -> None:
    place = {check_digits.is_corporate_number: 0, check_digits.is_driving_licence: 10}.get(test, len(digits) - 1)
    assert test(digits)
    for wrong in set("0123456789") - {digits[place]}:
        assert not test(digits[:place] + wrong + digits[place + 1 :])
    assert not test(digits[1:])
    assert not test("")


def test_a_my_number_remainder_of_one_or_less_gives_zero() -> None:
    remainders = {n: check_digits.my_number_check_digit(f"{n:011d}") for n in range(200)}
    assert remainders[0] == 0
    # 00000000006: weight 2, sum 12, remainder 1
    assert remainders[6] == 0
