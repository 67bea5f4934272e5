"""The printed table is the coin's, but for one digit."""

from math import comb

from gendiff.studies.typicality import printed_coin


def test_one_digit_of_the_printed_table_is_wrong() -> None:
    one = [0.75**h * 0.25 ** (16 - h) for h in range(17)]
    ours = [(f"{q:.2e}", f"{comb(16, h) * q:.2e}") for h, q in enumerate(one)]
    wrong = [h for h in range(17) if ours[h] != printed_coin.ROWS[h]]
    assert wrong == [15]
    assert ours[15] == ("3.34e-03", "5.35e-02")
