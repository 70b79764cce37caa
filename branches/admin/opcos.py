"""The eleven OPCOs, which the reference files describe."""

from django.contrib import admin

from branches.models import Opco
from opco_portal.corrections.admin.base import WithHistory
from opco_portal.staff.site import ReadOnly


@admin.register(Opco)
class OpcoAdmin(ReadOnly, WithHistory):
    list_display = ["name", "sector", "order_title", "verified_on"]
    search_fields = ["name", "sector"]
