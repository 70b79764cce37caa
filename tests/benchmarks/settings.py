"""The portal's own settings, and beside its pages the views that they are measured against."""

from opco_portal.settings import *  # noqa: F403

ROOT_URLCONF = "tests.benchmarks.urls"
# The counter in Valkey is read and written at each request, as for people; it only never refuses.
API_RATE = "1000000000/minute"
