"""The platform tells places in GCJ-02; the product keeps CGCS2000 (DOMAIN §8.5). Public approximation."""

from __future__ import annotations

from math import cos, fabs, pi, sin, sqrt

RADIUS = 6378245.0
ECCENTRICITY = 0.00669342162296594323
STEPS = 12
CLOSE = 1e-9


def to_gcj02(latitude: float, longitude: float) -> tuple[float, float]:
    """Degrees in CGCS2000 as the platform shows them; outside of China nothing is shifted."""
    if not (0.8293 <= latitude <= 55.8271 and 72.004 <= longitude <= 137.8347):
        return latitude, longitude
    x, y = longitude - 105.0, latitude - 35.0
    radians = latitude / 180.0 * pi
    magic = 1 - ECCENTRICITY * sin(radians) ** 2
    root = sqrt(magic)
    d_latitude = _north(x, y) * 180.0 / ((RADIUS * (1 - ECCENTRICITY)) / (magic * root) * pi)
    d_longitude = _east(x, y) * 180.0 / (RADIUS / root * cos(radians) * pi)
    return latitude + d_latitude, longitude + d_longitude


def from_gcj02(latitude: float, longitude: float) -> tuple[float, float]:
    """The way back, by steps: there is no formula."""
    found_latitude, found_longitude = latitude, longitude
    for _ in range(STEPS):
        shifted_latitude, shifted_longitude = to_gcj02(found_latitude, found_longitude)
        d_latitude, d_longitude = shifted_latitude - latitude, shifted_longitude - longitude
        found_latitude, found_longitude = found_latitude - d_latitude, found_longitude - d_longitude
        if max(abs(d_latitude), abs(d_longitude)) < CLOSE:
            break
    return found_latitude, found_longitude


def _waves(value: float, *terms: tuple[float, float]) -> float:
    return sum(amount * sin(value * frequency * pi) for amount, frequency in terms) * 2.0 / 3.0


def _north(x: float, y: float) -> float:
    shift = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(fabs(x))
    shift += _waves(x, (20.0, 6.0), (20.0, 2.0))
    return shift + _waves(y, (20.0, 1.0), (40.0, 1 / 3), (160.0, 1 / 12), (320.0, 1 / 30))


def _east(x: float, y: float) -> float:
    shift = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(fabs(x))
    shift += _waves(x, (20.0, 6.0), (20.0, 2.0))
    return shift + _waves(x, (20.0, 1.0), (40.0, 1 / 3), (150.0, 1 / 12), (300.0, 1 / 30))
