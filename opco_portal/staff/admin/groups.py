"""The groups, as they are: migrations decide what each may do."""

from collections import defaultdict
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from opco_portal.staff.site import ReadOnly

VERBS = {"view": "consulter", "add": "ajouter", "change": "modifier", "delete": "supprimer"}


@admin.register(Group)
class GroupAdmin(ReadOnly):
    list_display = ["name", "people"]
    fields = ["name", "people", "rights"]
    readonly_fields = ["people", "rights"]
    ordering = ["pk"]
    search_fields = ["name"]

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Group]":
        groups: QuerySet[Group] = super().get_queryset(request)
        return groups.annotate(size=Count("user"))

    @admin.display(description="comptes", ordering="size")
    def people(self, group: Any) -> int:
        return int(group.size)

    @admin.display(description="peut")
    def rights(self, group: Group) -> SafeString:
        permissions = group.permissions.select_related("content_type").order_by("content_type", "pk")
        return format_html_join(SafeString("<br>"), "{} : {}", in_words(permissions))


def in_words(permissions: "QuerySet[Permission]") -> list[tuple[str, str]]:
    """[("Conventions", "consulter, modifier"), …]."""
    verbs: dict[Any, list[str]] = defaultdict(list)
    for permission in permissions:
        action = permission.codename.partition("_")[0]
        verbs[permission.content_type.model_class()].append(
            VERBS.get(action) or permission.name.removeprefix("Peut ")
        )
    return [(capfirst(model._meta.verbose_name_plural), ", ".join(words)) for model, words in verbs.items()]
