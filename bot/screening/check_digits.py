"""Check digits of the numbers a resident may type. Each test takes ASCII digits and says whether they agree."""

from __future__ import annotations

from collections.abc import Sequence

_MY_NUMBER_WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_LICENCE_WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


def my_number_check_digit(first_eleven: str) -> int:
    """Check digit of a 個人番号 from its first eleven digits.

    Source: 平成26年総務省令第85号 第5条: weights n+1 (n = 1-6 from the right) and n-5 (n = 7-11), that is
    6,5,4,3,2,7,6,5,4,3,2 from the left; r = sum mod 11; 0 when r <= 1, else 11 - r. 12345678901 gives 8.
    """
    remainder = _weighted(first_eleven, _MY_NUMBER_WEIGHTS) % 11
    return 0 if remainder <= 1 else 11 - remainder


def is_my_number(digits: str) -> bool:
    """Whether twelve digits carry the check digit of a 個人番号."""
    return _is_digits(digits, 12) and my_number_check_digit(digits[:11]) == int(digits[11])


def licence_check_digit(first_ten: str) -> int:
    """Check digit, the eleventh digit, of a 運転免許証 number from its first ten digits.

    Weights 5,4,3,2,7,6,5,4,3,2; (11 - sum mod 11) mod 10 (REQUIREMENTS.md section 2). 3090123456 gives 2.
    """
    return (11 - _weighted(first_ten, _LICENCE_WEIGHTS) % 11) % 10


def is_driving_licence(digits: str) -> bool:
    """Whether twelve digits carry the check digit of a 運転免許証; the twelfth only counts reissues."""
    return _is_digits(digits, 12) and licence_check_digit(digits[:10]) == int(digits[10])


def insurer_check_digit(first_seven: str) -> int:
    """Check digit of a 保険者番号 from its first seven digits.

    Weights 2,1,2,... from the right, the digits of each product added; (10 - s mod 10) mod 10 (昭和51年8月7日
    保険発第82号, 設定要領). 0113001 (全国健康保険協会 東京支部) gives 2.
    """
    return _luhn_digit(first_seven)


def is_insurer_number(digits: str) -> bool:
    """Whether eight digits carry the check digit of a 保険者番号."""
    return _is_digits(digits, 8) and insurer_check_digit(digits[:7]) == int(digits[7])


def corporate_check_digit(last_twelve: str) -> int:
    """Leading check digit of a 法人番号 from the twelve digits that follow it.

    Source: 平成26年財務省令第70号 第2条: weights 1,2 in turn from the right; 9 - (sum mod 9).
    000012050002 (国税庁) gives 7.
    """
    total = sum(int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(last_twelve)))
    return 9 - total % 9


def is_corporate_number(digits: str) -> bool:
    """Whether thirteen digits are a 法人番号, which is public and never masked."""
    return _is_digits(digits, 13) and corporate_check_digit(digits[1:]) == int(digits[0])


def passes_luhn(digits: str) -> bool:
    """Whether digits of any length carry the check digit of payment cards (ISO/IEC 7812-1, annex B)."""
    return _is_digits(digits, len(digits)) and len(digits) > 1 and _luhn_digit(digits[:-1]) == int(digits[-1])


def _weighted(digits: str, weights: Sequence[int]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))


def _luhn_digit(digits: str) -> int:
    products = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits)))
    return (10 - sum(product // 10 + product % 10 for product in products) % 10) % 10


def _is_digits(text: str, length: int) -> bool:
    return len(text) == length and text.isascii() and text.isdigit()
