"""How sure a count makes us: intervals for shares and for rates."""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from wakesmith.words import count_of

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    """An estimate with the range that holds the truth at the asked confidence."""

    value: float
    low: float
    high: float


def wilson(k: int, n: int, confidence: float = CONFIDENCE) -> Interval:
    """Interval of a share, ``k`` of ``n``: Wilson's score interval, in [0, 1] and never empty.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    J. Am. Stat. Assoc. 22 (1927) 209-212; advised for any n by Brown, Cai and DasGupta,
    "Interval estimation for a binomial proportion", Statist. Sci. 16 (2001) 101-133.
    Raises ``ValueError`` unless 0 <= k <= n and n > 0.
    """
    if not 0 <= k <= n or n == 0:
        raise ValueError(f"a share needs 0 <= k <= n and n > 0, not {k} of {n}")
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = k / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return Interval(
        share,
        0.0 if k == 0 else max(0.0, middle - half),
        1.0 if k == n else min(1.0, middle + half),
    )


def poisson(k: int, hours: float, confidence: float = CONFIDENCE) -> Interval:
    """Interval of a rate per hour, ``k`` events in ``hours``: exact (Garwood).

    The ends are the means at which k or more, and k or fewer, events have probability
    (1 - confidence) / 2. F. Garwood, "Fiducial limits for the Poisson distribution",
    Biometrika 28 (1936) 437-442. Raises ``ValueError`` unless k >= 0 and hours > 0.
    """
    if k < 0 or not hours > 0:
        raise ValueError(f"a rate needs k >= 0 and hours > 0, not {k} in {hours} h")
    tail = (1 - confidence) / 2
    low = 0.0 if k == 0 else _mean_with_cdf(k - 1, 1 - tail)
    return Interval(k / hours, low / hours, _mean_with_cdf(k, tail) / hours)


def _mean_with_cdf(k: int, probability: float) -> float:
    """The mean of the Poisson law that gives k or fewer events with this probability."""
    counts = np.arange(k + 1, dtype=np.float64)
    log_factorials = np.concatenate([[0.0], np.cumsum(np.log(counts[1:]))])

    def at_most_k(mean: float) -> float:
        return float(np.exp(counts * math.log(mean) - mean - log_factorials).sum())

    low, high = 1e-9, k + 10 * math.sqrt(k + 1) + 20
    for _ in range(80):  # the CDF falls with the mean, so halving finds it to the last bit
        middle = (low + high) / 2
        if at_most_k(middle) > probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def provable(hours: float, k: int = 0, confidence: float = CONFIDENCE) -> float:
    """The lowest rate per hour that ``k`` events in ``hours`` can rule out: one-sided and exact
    (Garwood 1936).

    Without any event it is -ln(1 - confidence) / hours, about 3 / hours, the rule of three: J. A.
    Hanley and A. Lippman-Hand, "If nothing goes wrong, is everything all right?", JAMA 249 (1983)
    1743-1745.
    """
    if not hours > 0:
        raise ValueError(f"a rate needs hours > 0, not {hours}")
    return _mean_with_cdf(k, 1 - confidence) / hours


def proves(k: int, hours: float, rate: float, confidence: float = CONFIDENCE) -> bool:
    """Whether ``k`` events in ``hours`` prove that there are fewer than ``rate`` per hour."""
    return provable(hours, k, confidence) <= rate * (1 + 1e-9)


def hours_needed(rate: float, k: int = 0, confidence: float = CONFIDENCE) -> float:
    """Hours in which ``k`` events, and no more, prove fewer than ``rate`` per hour."""
    if not rate > 0:
        raise ValueError(f"no number of hours proves a rate of {rate}")
    return _mean_with_cdf(k, 1 - confidence) / rate


def false_accept_sentence(k: int, hours: float, sound: str = "") -> str:
    """What k false accepts in so many hours (of such sound) show, in words."""
    heard = duration(hours) + (f" of {sound}" if sound else "")
    if k == 0:
        return (
            f"0 false accepts in {heard}, which proves fewer than {bound(provable(hours))} per hour"
        )
    rate = poisson(k, hours)
    return (
        f"{count_of(k, 'false accept')} in {heard}: {figure(rate.value)} per hour "
        f"({figure(rate.low)}-{figure(rate.high)})"
    )


def figure(value: float) -> str:
    """A rate with two figures that count: 0.083, 0.83, 8.3, 83."""
    if value == 0:
        return "0"
    if value >= 9.95:
        return f"{value:.0f}"
    return f"{value:.{max(0, 1 - math.floor(math.log10(value)))}f}"


def bound(value: float) -> str:
    """An upper bound with two figures that count, rounded up so that it holds: 29 for 28.1."""
    if value <= 0:
        return "0"
    unit = 10.0 ** (math.floor(math.log10(value)) - 1)
    return figure(math.ceil(value / unit - 1e-9) * unit)


def duration(hours: float) -> str:
    """Hours as people say them: 40 s, 12 min, 3.3 h."""
    if hours >= 0.95:
        return f"{hours:.1f} h" if hours < 99.5 else f"{hours:.0f} h"
    if hours * 60 >= 2:
        return f"{hours * 60:.0f} min"
    return f"{hours * 3600:.0f} s"
