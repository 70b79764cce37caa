"""Who somebody is, read with what the second factor needs to know, in one query."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User

from opco_portal.staff.second_factor import with_factor


class StaffBackend(ModelBackend):
    """Django's own; the accounts of requests carry `has_factor` and `must_have_factor`."""

    def get_user(self, user_id: Any) -> User | None:
        user = with_factor(User.objects.all()).filter(pk=user_id).first()
        return user if self.user_can_authenticate(user) else None
