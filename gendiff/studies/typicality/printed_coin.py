"""A coin's table as the post prints it: sixteen tosses, heads three in four."""

ONE_SEQUENCE = (
    *("2.33e-10", "6.98e-10", "2.10e-09", "6.29e-09", "1.89e-08", "5.66e-08"),
    *("1.70e-07", "5.09e-07", "1.53e-06", "4.58e-06", "1.37e-05", "4.12e-05"),
    *("1.24e-04", "3.71e-04", "1.11e-03", "3.33e-03", "1.00e-02"),
)
"""The probability of one sequence with 0, 1, ... 16 heads."""
THE_COUNT = (
    *("2.33e-10", "1.12e-08", "2.51e-07", "3.52e-06", "3.43e-05", "2.47e-04"),
    *("1.36e-03", "5.83e-03", "1.97e-02", "5.24e-02", "1.10e-01", "1.80e-01"),
    *("2.25e-01", "2.08e-01", "1.34e-01", "5.35e-02", "1.00e-02"),
)
"""The probability of any sequence with so many."""
ROWS = tuple(zip(ONE_SEQUENCE, THE_COUNT, strict=True))
