"""The administration of the accounts: who comes in, with which rights, and who was refused."""

from opco_portal.staff.admin.accounts import AccountAdmin
from opco_portal.staff.admin.attempts import AttemptAdmin
from opco_portal.staff.admin.groups import GroupAdmin

__all__ = ["AccountAdmin", "AttemptAdmin", "GroupAdmin"]
